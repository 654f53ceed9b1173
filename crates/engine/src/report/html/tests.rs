use super::fixture::report;
use super::{render_html, write_html};
use crate::report::backtest::BacktestReport;

/// Elements that HTML never closes.
const VOID: [&str; 2] = ["meta", "br"];

/// Tags must nest; panics with the tag that does not.
fn assert_well_formed(page: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<'), "{tag}");
        let name: String = tag.trim_start_matches('/').chars().take_while(|c| c.is_alphanumeric()).collect();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name.as_str()), "{tag}");
        } else if !tag.ends_with('/') && !VOID.contains(&name.as_str()) {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert_eq!(open, Vec::<String>::new());
}

#[test]
fn the_page_is_whole_and_alone() {
    let page = render_html(&report(1_460)).unwrap();
    assert_well_formed(&page);
    for outside in ["http", "src=", "href", "url(", "@import", "<script", "<link", "<img", "<iframe", "//"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for inside in [
        "<title>USDC balanced: one year, walked forward</title>",
        "prefers-color-scheme:dark",
        "id=\"equity\"",
        "id=\"drawdown\"",
        "id=\"weights\"",
        "id=\"limits\"",
        "raydium-sol-usdc",
        "exchange-rate fall",
        "better, and not by luck at 95%",
        "refused by CvarExceeded",
        ">drawdown, peak<",
        "2023-09-28T00:00Z",
        "Seed of bootstrap",
        "46 configurations were tried",
    ] {
        assert!(page.contains(inside), "{inside}");
    }
    // Four charts in two sizes, each with words for those who do not see it, and a table.
    assert_eq!(
        (page.matches("role=\"img\" aria-label=\"").count(), page.matches("<summary>").count()),
        (8, 4)
    );
    assert!(!page.contains("#0102"), "a colour without a variable");
    assert_eq!(page.matches("var(--f3)").count() % 2, 1, "two sizes and a legend");
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(render_html(&report(300)).unwrap(), render_html(&report(300)).unwrap());
}

#[test]
fn a_long_backtest_makes_a_small_page() {
    let bytes = render_html(&report(4 * 8_760)).unwrap().len();
    assert!(bytes < 400_000, "{bytes}");
}

#[test]
fn text_is_text() {
    let mut nasty = report(40);
    let bad = "</style><b onclick=\"x\">&\"'";
    nasty.title = bad.into();
    nasty.contestants[0].name = bad.into();
    nasty.contestants[0].slots[0] = bad.into();
    nasty.flags[0].evidence = bad.into();
    nasty.comparisons[0].verdict = bad.into();
    nasty.provenance.hashes.insert(bad.into(), bad.into());
    nasty.contestants[0].stats = serde_json::json!({ bad: bad });
    for limits in &mut nasty.contestants[0].limit_utilisation {
        limits.1.insert(bad.into(), 0.5);
    }
    let page = render_html(&nasty).unwrap();
    assert_well_formed(&page);
    assert!(!page.contains("<b") || page.contains("<body"), "a tag got in");
    assert!(!page.contains("<b "), "a tag got in");
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("&lt;/style&gt;&lt;b onclick=&quot;x&quot;&gt;&amp;&quot;"));
}

#[test]
fn the_least_report_is_a_page() {
    let least =
        "{\"title\":\"t\",\"contestants\":[{\"name\":\"a\",\"equity\":[[1700000000,1.0],[1700003600,1.0]]}]}";
    let least: BacktestReport = serde_json::from_str(least).unwrap();
    let page = render_html(&least).unwrap();
    assert_well_formed(&page);
    assert!(page.contains("None were raised.") && page.contains("Compared with nothing."));
    assert!(!page.contains("id=\"weights\"") && !page.contains("id=\"limits\""));
}

#[test]
fn nothing_is_written_of_what_cannot_be_drawn() {
    let path = std::env::temp_dir().join(format!("ballast-backtest-{}.html", std::process::id()));
    let mut bad = report(40);
    bad.contestants[0].equity[3].1 = -1.0;
    let error = write_html(&bad, &path).unwrap_err().to_string();
    assert!(error.contains("equity, point 3: a share price must be positive"), "{error}");
    assert!(!path.exists());
    write_html(&report(40), &path).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("<!DOCTYPE html>"));
    std::fs::remove_file(&path).unwrap();
}

/// Writes the fixture's page where BALLAST_PLOT_OUT says, to look at it.
#[test]
fn page_to_look_at() {
    if let Some(folder) = std::env::var_os("BALLAST_PLOT_OUT") {
        write_html(&report(1_460), &std::path::Path::new(&folder).join("backtest.html")).unwrap();
    }
}
