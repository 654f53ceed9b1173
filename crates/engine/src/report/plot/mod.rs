//! The chart of a replay: share price, drawdown, weights and events over one time axis.

pub(super) mod axis;
mod panels;
mod raster;
pub(super) mod thin;

use std::path::Path;

use plotters::prelude::*;

use super::{ReplayReport, ReportError};
use crate::time::{format_date, format_span};
use panels::Frame;

/// Size of the drawing, pixels.
const SIZE: (u32, u32) = (1_280, 960);
const HEADER: u32 = 74;
/// Share of the height below the header that each panel gets; the rest is for events.
const PRICE_SHARE: f64 = 0.33;
const DRAWDOWN_SHARE: f64 = 0.18;
const WEIGHTS_SHARE: f64 = 0.33;

/// How a chart is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotFormat {
    /// Vector, text as text.
    Svg,
    /// Pixels, twice the nominal size.
    Png,
}

impl PlotFormat {
    /// By the file's ending.
    pub fn of(path: &Path) -> Result<Self, ReportError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => Err(ReportError::PlotFormat { path: path.display().to_string() }),
        }
    }
}

/// Writes the chart to `path`, as SVG or PNG by its ending.
pub fn write_plot(report: &ReplayReport, path: &Path) -> Result<(), ReportError> {
    let bytes = match PlotFormat::of(path)? {
        PlotFormat::Svg => render_svg(report)?.into_bytes(),
        PlotFormat::Png => render_png(report)?,
    };
    std::fs::write(path, bytes)
        .map_err(|source| ReportError::Write { path: path.display().to_string(), source })
}

/// The chart as PNG bytes.
pub fn render_png(report: &ReplayReport) -> Result<Vec<u8>, ReportError> {
    raster::png(&render_svg(report)?)
}

/// The chart as SVG.
pub fn render_svg(report: &ReplayReport) -> Result<String, ReportError> {
    if report.rows.len() < 2 {
        return Err(ReportError::TooShort);
    }
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(report, &root).map_err(|error| ReportError::Draw(error.to_string()))?;
        root.present().map_err(|error| ReportError::Draw(error.to_string()))?;
    }
    Ok(svg)
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(report: &ReplayReport, root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>) -> Drawn {
    root.fill(&WHITE)?;
    let (header, body) = root.split_vertically(HEADER);
    draw_header(report, &header)?;
    let height = f64::from(SIZE.1 - HEADER);
    let (price, rest) = body.split_vertically((height * PRICE_SHARE) as u32);
    let (drawdown, rest) = rest.split_vertically((height * DRAWDOWN_SHARE) as u32);
    let (weights, events) = rest.split_vertically((height * WEIGHTS_SHARE) as u32);
    let frame = Frame::new(report);
    panels::price(&frame, report, &price)?;
    panels::drawdown(&frame, report, &drawdown)?;
    panels::weights(&frame, report, &weights)?;
    panels::events(&frame, report, &events)
}

fn draw_header(report: &ReplayReport, area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>) -> Drawn {
    let (meta, returns) = (&report.meta, &report.summary.returns);
    let title = format!("{}: {} policy", meta.vault, meta.policy);
    area.draw_text(&title, &("sans-serif", 24).into_text_style(area).color(&panels::INK), (20, 14))?;
    let from = report.rows.first().map_or(0, |row| row.ts);
    let to = report.rows.last().map_or(0, |row| row.ts);
    let optional = |figure: Option<f64>| figure.map_or_else(|| "n/a".to_string(), super::table::percent);
    let figures = format!(
        "{} to {} UTC, step {}.   Return {}  |  a year {}  |  volatility {}  |  max drawdown {}  |  decisions {} accepted, {} rejected",
        format_date(from),
        format_date(to),
        format_span(meta.provenance.step_secs),
        super::table::percent(returns.total_return),
        super::table::annual_return(report),
        optional(returns.volatility),
        super::table::percent(returns.drawdown.depth),
        report.summary.decisions.accepted,
        report.summary.decisions.rejected_total(),
    );
    area.draw_text(&figures, &("sans-serif", 15).into_text_style(area).color(&panels::FAINT_INK), (20, 46))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_chart_has_its_panels_dates_and_names() {
        let svg = render_svg(&fixture::report(500)).unwrap();
        for text in [
            "USDC balanced: plain policy",
            "Share price",
            "Drawdown",
            "Weights",
            "kamino-usdc-alt",
            "idle",
            "rejected",
            "2022",
        ] {
            assert!(svg.contains(text), "{text}");
        }
        assert_eq!(svg, render_svg(&fixture::report(500)).unwrap());
    }

    #[test]
    fn a_long_replay_makes_a_small_file() {
        assert!(render_svg(&fixture::report(8_760)).unwrap().len() < 400_000);
    }

    #[test]
    fn png_is_a_png_and_other_endings_are_refused() {
        let png = render_png(&fixture::report(50)).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert!(png.len() > 20_000);
        for path in ["chart.pdf", "chart", "svg"] {
            assert!(matches!(
                write_plot(&fixture::report(50), Path::new(path)),
                Err(ReportError::PlotFormat { .. })
            ));
        }
        assert_eq!(PlotFormat::of(Path::new("a/B.SVG")).unwrap(), PlotFormat::Svg);
    }

    #[test]
    fn a_flat_line_and_an_empty_vault_can_be_drawn() {
        let mut report = fixture::report(50);
        for row in &mut report.rows {
            (row.share_price, row.total_assets_atoms, row.idle_atoms) = (1.0, 0, 0);
            row.values_atoms.clear();
        }
        report.events.clear();
        assert!(render_svg(&report).unwrap().contains("Share price"));
    }

    #[test]
    fn eight_long_names_are_cut_to_fit() {
        let mut report = fixture::report(50);
        report.meta.strategies = (0..8).map(|slot| format!("a-venue-with-a-long-name-{slot}")).collect();
        let svg = render_svg(&report).unwrap();
        assert!(svg.contains("-7\n") && svg.contains("…") && !svg.contains("long-name-7"));
        if let Some(folder) = std::env::var_os("BALLAST_PLOT_OUT") {
            write_plot(&report, &Path::new(&folder).join("chart-names.png")).unwrap();
        }
    }

    /// Writes the fixture's chart where BALLAST_PLOT_OUT says, to look at it.
    #[test]
    fn chart_to_look_at() {
        let Some(folder) = std::env::var_os("BALLAST_PLOT_OUT") else {
            println!("skipped: BALLAST_PLOT_OUT names no folder");
            return;
        };
        for steps in [48, 500, 8_760] {
            let path = Path::new(&folder).join(format!("chart-{steps}.png"));
            write_plot(&fixture::report(steps), &path).unwrap();
        }
    }
}
