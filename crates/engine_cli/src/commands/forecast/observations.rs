use std::fmt::Display;

use ballast_engine::data::{LendingRates, Table};

use super::settings::{Request, Settings};
use super::{Args, Kind};
use crate::EngineCliError;
use crate::frame::Frame;

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

/// What was observed, whatever it came in; every row knows its place for messages.
#[derive(Default)]
pub(super) struct Observations {
    pub source: String,
    pub market: Option<String>,
    pub places: Vec<String>,
    pub times: Vec<i64>,
    pub columns: Vec<Column>,
}

/// Numbers by row.
pub(super) struct Column {
    /// The canonical name.
    pub name: &'static str,
    /// What messages call it, as its source does: a column of a file or a field of a document.
    pub label: String,
    pub values: Vec<f64>,
}

impl Observations {
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|column| column.name == name).map(|column| column.values.as_slice())
    }

    /// An error at one cell.
    pub fn problem(&self, index: usize, name: &str, problem: impl Display) -> EngineCliError {
        let place = self.places.get(index).map_or("", String::as_str);
        EngineCliError::input(format!("{}, {place}, {}: {problem}", self.source, self.label(name)))
    }

    /// An error of a whole column.
    pub fn in_column(&self, name: &str, problem: impl Display) -> EngineCliError {
        EngineCliError::input(format!("{}, {}: {problem}", self.source, self.label(name)))
    }

    /// An error of the whole input.
    pub fn wrong(&self, problem: impl Display) -> EngineCliError {
        EngineCliError::input(format!("{}: {problem}", self.source))
    }

    fn label(&self, name: &str) -> String {
        let found = self.columns.iter().find(|column| column.name == name);
        found.map_or_else(|| format!("`{name}`"), |column| column.label.clone())
    }
}

/// From CSV text.
pub(super) fn request(args: &Args, name: &str, text: &str) -> Result<Request, EngineCliError> {
    let kind = args.kind.ok_or_else(|| {
        EngineCliError::input("--kind is missing: utilisation, rate, lending, lp or staking")
    })?;
    let first = text.lines().next().unwrap_or("");
    let observations = if args.market.is_some() || first.split(',').any(|cell| cell.trim() == "network") {
        of_market(args, kind, name, text)?
    } else {
        of_columns(args, kind, &Frame::parse(name.to_owned(), text)?)?
    };
    Ok(Request { settings: Settings::new(args, kind, &observations.times)?, observations })
}

/// One market of a file with many, whose rows are in no common order: the shape of `lending_rates_daily.csv`, read as the
/// engine's own history is.
fn of_market(args: &Args, kind: Kind, name: &str, text: &str) -> Result<Observations, EngineCliError> {
    if matches!(kind, Kind::Lp | Kind::Staking) {
        return Err(EngineCliError::input("--market: only utilisation, rate and lending are by market"));
    }
    let mut found = Observations { source: name.into(), ..Observations::default() };
    let table = Table::parse(name, text).map_err(EngineCliError::input)?;
    let rates = LendingRates::of(&table).map_err(EngineCliError::input)?;
    let key = match &args.market {
        Some(wanted) => rates.resolve(wanted).map_err(EngineCliError::input)?,
        None => {
            let known: Vec<String> = rates.markets().map(|(key, s)| format!("{}:{s}", key.network)).collect();
            return Err(found.wrong(format!("--market is missing; there are: {}", known.join(", "))));
        }
    };
    found.market = Some(key.to_string());
    let by_rate = match (kind, &args.column) {
        (Kind::Rate, _) => true,
        // Without a curve to go through, what is forecast is the rate itself.
        (Kind::Lending, None) => args.curve.is_none(),
        (Kind::Lending, Some(column)) => column != "utilisation",
        _ => false,
    };
    let column = match (by_rate, kind) {
        (true, Kind::Rate) => "rate",
        (true, _) => "supply_apr",
        (false, _) => "utilisation",
    };
    let mut values = Vec::new();
    for row in rates.rows(key).map_err(EngineCliError::input)? {
        // A row where nobody pays has no utilisation: it shows up as a gap.
        let figure = if by_rate { Some(row.supply_apr) } else { row.utilisation() };
        if let Some(figure) = figure {
            found.places.push(format!("market {key} at {}", row.ts));
            found.times.push(row.ts);
            values.push(figure);
        }
    }
    if values.is_empty() {
        return Err(found.wrong(format!("no usable rows for {key}")));
    }
    found.columns.push(Column { name: column, label: format!("`{column}`"), values });
    Ok(found)
}

/// A file with one series, or a pool's columns.
fn of_columns(args: &Args, kind: Kind, frame: &Frame) -> Result<Observations, EngineCliError> {
    let times = frame.required_times()?.to_vec();
    let mut columns = Vec::new();
    let all = columns_of(kind);
    for wanted in &all {
        if let Some(name) = column_of(args, kind, frame, wanted, all.len() == 1)? {
            let values = frame.complete_column(&name)?;
            columns.push(Column { name: wanted.name, label: format!("column `{name}`"), values });
        }
    }
    let places = (0..frame.len()).map(|row| format!("row {}", frame.line(row))).collect();
    Ok(Observations { source: frame.source().into(), market: None, places, times, columns })
}

/// The file's column for `wanted`: the one that the command line names, one by a usual name, or the only one where one is
/// `alone` in being wanted; none where it may be missing.
fn column_of(
    args: &Args,
    kind: Kind,
    frame: &Frame,
    wanted: &Wanted,
    alone: bool,
) -> Result<Option<String>, EngineCliError> {
    let named = args.column.as_deref();
    let own = match wanted.name {
        "price" => args.price_column.as_deref(),
        _ if alone => named,
        _ => named.filter(|column| wanted.name == *column || wanted.aliases.contains(column)),
    };
    if let Some(name) = own {
        return Ok(Some(name.to_owned()));
    }
    let names: Vec<&str> = std::iter::once(wanted.name).chain(wanted.aliases.iter().copied()).collect();
    // Of the two columns that lending could read, the command line chose the other.
    let chosen = named.is_some() && kind == Kind::Lending;
    let usual = names.iter().find(|name| !chosen && frame.header().iter().any(|column| column == **name));
    if let Some(name) = usual {
        return Ok(Some((*name).to_owned()));
    }
    match frame.names().as_slice() {
        [only] if alone => Ok(Some(only.clone())),
        _ if !wanted.required => Ok(None),
        _ => Err(frame.wrong(format!(
            "no column for the {}: call it {}, or name it with --{}; the header has: {}",
            wanted.name,
            names.join(" or "),
            if wanted.name == "price" { "price-column" } else { "column" },
            frame.header().join(", ")
        ))),
    }
}
