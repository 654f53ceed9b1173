use ballast_engine::data::{Column, DataError, LendingRates, Row, Table};
use ballast_engine::time::parse_utc;

use super::settings::{Request, Settings};
use super::{Args, Kind};
use crate::EngineCliError;

/// What the time column may be called.
pub(in crate::commands) const TIME_NAMES: [&str; 5] = ["unix_time", "time", "timestamp", "ts", "date"];

/// Names that a column may go by, the canonical one first.
pub(super) struct Wanted {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub required: bool,
}

const fn wanted(name: &'static str, aliases: &'static [&'static str], required: bool) -> Wanted {
    Wanted { name, aliases, required }
}

/// The columns that a kind of forecast reads. Where it reads one only, the file's only other column will do.
pub(super) fn columns_of(kind: Kind) -> Vec<Wanted> {
    match kind {
        Kind::Utilisation => vec![wanted("utilisation", &["utilization", "value"], true)],
        Kind::Rate => {
            vec![wanted("rate", &["apr", "supply_apr", "liquidity_rate_apr", "apy", "value"], true)]
        }
        Kind::Lending => vec![
            wanted("utilisation", &["utilization", "value"], false),
            wanted("supply_apr", &["apr", "rate", "liquidity_rate_apr"], false),
        ],
        Kind::Lp => vec![
            wanted("price", &["close"], true),
            wanted("fee_apr", &[], false),
            wanted("tvl_usd", &["tvl"], false),
            wanted("fees_usd", &["fees"], false),
        ],
        Kind::Staking => vec![wanted("exchange_rate", &["rate", "value"], true)],
    }
}

/// Rows as they came, whatever they came in: every one knows its place for messages.
pub(super) struct Frame {
    pub source: String,
    pub market: Option<String>,
    pub places: Vec<String>,
    pub times: Vec<i64>,
    pub columns: Vec<(String, Vec<f64>)>,
}

impl Frame {
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|column| column.0 == name).map(|column| column.1.as_slice())
    }

    /// An error at one cell.
    pub fn problem(&self, index: usize, column: &str, problem: &str) -> EngineCliError {
        let place = self.places.get(index).map_or("", String::as_str);
        EngineCliError::Input(format!("{}, {place}, `{column}`: {problem}", self.source))
    }
}

/// From CSV text.
pub(super) fn request(args: &Args, name: &str, text: &str) -> Result<Request, EngineCliError> {
    let kind = args.kind.ok_or_else(|| {
        EngineCliError::input("--kind is missing: utilisation, rate, lending, lp or staking")
    })?;
    let table = Table::parse(name, text).map_err(EngineCliError::input)?;
    let many = table.header().iter().any(|column| column == "network");
    let frame = if args.market.is_some() || many {
        of_market(args, kind, &table)?
    } else {
        of_columns(args, kind, &table)?
    };
    Ok(Request { settings: Settings::new(args, kind, &frame.times)?, frame })
}

/// One market of a file with many: the shape of `lending_rates_daily.csv`.
fn of_market(args: &Args, kind: Kind, table: &Table) -> Result<Frame, EngineCliError> {
    if matches!(kind, Kind::Lp | Kind::Staking) {
        return Err(EngineCliError::input("--market: only utilisation, rate and lending are by market"));
    }
    let rates = LendingRates::of(table).map_err(EngineCliError::input)?;
    let key = match &args.market {
        Some(wanted) => rates.resolve(wanted).map_err(EngineCliError::input)?,
        None => {
            let known: Vec<String> = rates.markets().map(|(key, s)| format!("{}:{s}", key.network)).collect();
            let problem = format!("{}: --market is missing; there are: {}", table.file(), known.join(", "));
            return Err(EngineCliError::Input(problem));
        }
    };
    let mut frame = Frame {
        source: table.file().into(),
        market: Some(key.to_string()),
        places: Vec::new(),
        times: Vec::new(),
        columns: Vec::new(),
    };
    let by_rate = match (kind, &args.column) {
        (Kind::Rate, _) => true,
        // Without a curve to go through, what is forecast is the rate itself.
        (Kind::Lending, None) => args.curve.is_none(),
        (Kind::Lending, Some(column)) => column != "utilisation",
        _ => false,
    };
    let column = if kind == Kind::Rate { "rate" } else { "supply_apr" };
    let mut values = Vec::new();
    for row in rates.rows(key).map_err(EngineCliError::input)? {
        // A row where nobody pays has no utilisation: it shows up as a gap.
        let figure = if by_rate { Some(row.supply_apr) } else { row.utilisation() };
        if let Some(figure) = figure {
            frame.places.push(format!("market {key} at {}", row.ts));
            frame.times.push(row.ts);
            values.push(figure);
        }
    }
    if values.is_empty() {
        let problem = format!("{}: no usable rows for {key}", table.file());
        return Err(EngineCliError::Input(problem));
    }
    frame.columns.push((if by_rate { column } else { "utilisation" }.into(), values));
    Ok(frame)
}

/// A file with one series, or a pool's columns.
fn of_columns(args: &Args, kind: Kind, table: &Table) -> Result<Frame, EngineCliError> {
    let header = table.header();
    let time_name = TIME_NAMES.into_iter().find(|name| header.iter().any(|column| column == name));
    let time = table.column(time_name.unwrap_or("unix_time")).map_err(EngineCliError::input)?;
    let mut found = Vec::new();
    let all = columns_of(kind);
    for wanted in &all {
        let own = match wanted.name {
            "price" => args.price_column.as_deref(),
            _ if all.len() == 1 => args.column.as_deref(),
            "utilisation" | "supply_apr" if args.column.is_some() => {
                let column = args.column.as_deref();
                column.filter(|column| wanted.name == *column || wanted.aliases.contains(column))
            }
            _ => None,
        };
        if let Some(name) = own {
            found.push((wanted.name, table.column(name).map_err(EngineCliError::input)?));
            continue;
        }
        let names = || std::iter::once(&wanted.name).chain(wanted.aliases);
        let chosen = args.column.is_some() && kind == Kind::Lending;
        let name = names().find(|name| !chosen && header.iter().any(|column| column == **name));
        let only = header
            .iter()
            .find(|column| all.len() == 1 && header.len() == 2 && Some(column.as_str()) != time_name);
        match name.map(|name| (*name).to_owned()).or_else(|| only.cloned()) {
            Some(name) => found.push((wanted.name, table.column(&name).map_err(EngineCliError::input)?)),
            None if wanted.required => {
                let names: Vec<&str> = names().copied().collect();
                let problem = format!(
                    "{}: no column for the {}: call it {}, or name it with --{}; the header has: {}",
                    table.file(),
                    wanted.name,
                    names.join(" or "),
                    if wanted.name == "price" { "price-column" } else { "column" },
                    header.join(", ")
                );
                return Err(EngineCliError::Input(problem));
            }
            None => {}
        }
    }
    let mut frame = Frame {
        source: table.file().into(),
        market: None,
        places: Vec::new(),
        times: Vec::new(),
        columns: found.iter().map(|(name, _)| ((*name).to_owned(), Vec::new())).collect(),
    };
    for row in table.rows() {
        let ts = time_of(&row, &time).map_err(EngineCliError::input)?;
        row.check_order(frame.times.last().copied(), ts).map_err(EngineCliError::input)?;
        frame.times.push(ts);
        frame.places.push(format!("row {}", row.number()));
        for ((_, column), (_, values)) in found.iter().zip(&mut frame.columns) {
            values.push(row.number_at(column).map_err(EngineCliError::input)?);
        }
    }
    Ok(frame)
}

/// Unix seconds, or a date as people write it.
pub(in crate::commands) fn time_of(row: &Row<'_>, column: &Column) -> Result<i64, DataError> {
    let text = row.required_text(column)?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return row.time_at(column);
    }
    parse_utc(text).map_err(|error| row.problem(column, error.to_string()))
}
