//! `ballast engine bootstrap`

use std::io::Read;
use std::str::FromStr;

use ballast_engine::bootstrap::statistic::Plan;
use ballast_engine::bootstrap::{
    BlockLength, BootstrapError, Distribution, StationaryBootstrap, Statistic, distribution,
    optimal_block_length,
};
use clap::ValueEnum;
use serde::Serialize;

use crate::EngineCliError;
use crate::frame::Frame;
use crate::input::{Source, answer};

/// Most numbers that `--emit-paths` writes, and most rows that are drawn in all.
const MAX_EMITTED: usize = 20_000_000;
const MAX_DRAWN: usize = 10_000_000_000;

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Columns to resample together (default: all but time)
    #[arg(long, visible_alias = "column", value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// Number of paths
    #[arg(long, visible_alias = "resamples", default_value_t = 1_000, allow_negative_numbers = true)]
    paths: usize,
    /// Rows in a path (default: as many as the data have)
    #[arg(long, allow_negative_numbers = true)]
    length: Option<usize>,
    /// Mean block length in rows, or auto: Politis and White's, the longest of the columns'
    #[arg(long, visible_alias = "block-length", default_value = "auto")]
    block: Block,
    /// Seed
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,
    /// Statistic of each path
    #[arg(long, value_enum, default_value_t = Named::Mean)]
    statistic: Named,
    /// Levels of the quantiles
    #[arg(long, value_delimiter = ',', default_values_t = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99], allow_hyphen_values = true)]
    quantiles: Vec<f64>,
    /// Confidence of the interval
    #[arg(long, default_value_t = 0.95, allow_negative_numbers = true)]
    confidence: f64,
    /// Give the paths too: row numbers (from 0) and values
    #[arg(long)]
    emit_paths: bool,
}

/// A block length or the wish for one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Block {
    Auto,
    Rows(f64),
}

impl FromStr for Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        let rows = text.parse().ok().filter(|rows: &f64| rows.is_finite() && *rows >= 1.0);
        rows.map(Self::Rows).ok_or_else(|| "auto, or a mean number of rows of at least 1".to_owned())
    }
}

/// A statistic by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Named {
    /// Arithmetic mean
    Mean,
    /// Sum
    Sum,
    /// Compounded growth of returns
    Growth,
    /// Deepest fall of compounded returns
    #[value(alias = "max_drawdown", alias = "drawdown")]
    MaxDrawdown,
    /// Mean over standard deviation, per period
    Sharpe,
    /// Standard deviation, per period
    #[value(alias = "std")]
    Volatility,
}

impl From<Named> for Statistic {
    fn from(named: Named) -> Self {
        match named {
            Named::Mean => Self::Mean,
            Named::Sum => Self::Sum,
            Named::Growth => Self::Growth,
            Named::MaxDrawdown => Self::MaxDrawdown,
            Named::Sharpe => Self::Sharpe,
            Named::Volatility => Self::Volatility,
        }
    }
}

#[derive(Serialize)]
struct Answer {
    rows: usize,
    paths: usize,
    length: usize,
    seed: u64,
    /// Mean block length used.
    block_length: f64,
    block_source: &'static str,
    statistic: Statistic,
    confidence: f64,
    columns: Vec<ColumnAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emitted: Option<Emitted>,
}

#[derive(Serialize)]
struct ColumnAnswer {
    column: String,
    /// The block length that this column asks for; none where it is too short or does not vary.
    optimal_block_length: Option<BlockLength>,
    observed: Option<f64>,
    mean: Option<f64>,
    standard_error: Option<f64>,
    bias: Option<f64>,
    confidence_interval: Option<(f64, f64)>,
    quantiles: Vec<Quantile>,
    /// Paths on which the statistic is not defined; they are in none of the figures.
    undefined_paths: usize,
}

#[derive(Serialize)]
struct Quantile {
    level: f64,
    value: Option<f64>,
}

#[derive(Serialize)]
struct Emitted {
    /// Row numbers from 0, one list a path.
    indices: Vec<Vec<u32>>,
    /// Values, one entry a column, one list a path.
    values: Vec<EmittedColumn>,
}

#[derive(Serialize)]
struct EmittedColumn {
    column: String,
    paths: Vec<Vec<f64>>,
}

/// Reads, computes, answers.
pub fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let frame = Frame::read(&args.source, standard)?;
    let names = if args.columns.is_empty() { frame.names() } else { args.columns.clone() };
    if let Some((_, twice)) =
        names.iter().enumerate().find(|(index, name)| names.iter().take(*index).any(|n| n == *name))
    {
        return Err(EngineCliError::input(format!("--columns names `{twice}` twice")));
    }
    let columns = frame.complete_columns(&names)?;
    if frame.len() < 2 {
        return Err(frame.wrong("one data row; resampling needs at least 2"));
    }
    let length = args.length.unwrap_or(frame.len());
    let drawn = args.paths.saturating_mul(length);
    if drawn > MAX_DRAWN {
        return Err(EngineCliError::input(format!(
            "{drawn} rows to draw: more than {MAX_DRAWN}; ask for fewer paths"
        )));
    }
    let numbers = drawn.saturating_mul(columns.len() + 1);
    if args.emit_paths && numbers > MAX_EMITTED {
        let problem = format!("--emit-paths would write {numbers} numbers, more than {MAX_EMITTED}");
        return Err(EngineCliError::input(problem));
    }
    let statistic = Statistic::from(args.statistic);
    for (name, values) in names.iter().zip(&columns) {
        statistic.check(values).map_err(|error| match error {
            BootstrapError::BelowTotalLoss { row, value } => frame.problem(
                row - 1,
                name,
                format!("{value} is not a return: it loses more than everything"),
            ),
            error => frame.in_column(name, error),
        })?;
    }
    let optimal: Vec<Result<BlockLength, BootstrapError>> =
        columns.iter().map(|values| optimal_block_length(values)).collect();
    let block_length = match args.block {
        Block::Rows(rows) => rows,
        Block::Auto => longest(&frame, &names, &optimal)?,
    };
    let bootstrap =
        StationaryBootstrap::new(frame.len(), block_length, args.seed).map_err(|e| frame.wrong(e))?;
    let plan = Plan {
        statistic,
        paths: args.paths,
        length,
        quantiles: args.quantiles.clone(),
        confidence: args.confidence,
    };
    let found = distribution(&columns, &bootstrap, &plan).map_err(|error| frame.wrong(error))?;
    let emitted = if args.emit_paths { Some(emit(&bootstrap, &names, &columns, &plan)?) } else { None };
    let answers = names.into_iter().zip(optimal).zip(found);
    answer(&Answer {
        rows: frame.len(),
        paths: args.paths,
        length,
        seed: args.seed,
        block_length,
        block_source: if args.block == Block::Auto { "auto" } else { "given" },
        statistic,
        confidence: args.confidence,
        columns: answers.map(|((column, optimal), found)| describe(column, optimal.ok(), found)).collect(),
        emitted,
    })
}

/// The longest that any column asks for: a joint bootstrap must not cut the longest memory.
fn longest(
    frame: &Frame,
    names: &[String],
    optimal: &[Result<BlockLength, BootstrapError>],
) -> Result<f64, EngineCliError> {
    let mut longest = 1.0f64;
    for (name, found) in names.iter().zip(optimal) {
        let found = found.as_ref().map_err(|error| frame.in_column(name, format!("{error} (--block N)")))?;
        longest = longest.max(found.usable());
    }
    Ok(longest)
}

fn describe(column: String, optimal_block_length: Option<BlockLength>, found: Distribution) -> ColumnAnswer {
    ColumnAnswer {
        column,
        optimal_block_length,
        observed: found.observed,
        mean: found.mean,
        standard_error: found.standard_error,
        bias: found.bias,
        confidence_interval: found.interval,
        quantiles: found.quantiles.into_iter().map(|(level, value)| Quantile { level, value }).collect(),
        undefined_paths: found.undefined,
    }
}

fn emit(
    bootstrap: &StationaryBootstrap,
    names: &[String],
    columns: &[Vec<f64>],
    plan: &Plan,
) -> Result<Emitted, EngineCliError> {
    let paths = bootstrap.paths(plan.paths, plan.length).map_err(EngineCliError::input)?;
    let along = |values: &[f64], path: &[u32]| {
        path.iter().filter_map(|row| values.get(*row as usize).copied()).collect()
    };
    Ok(Emitted {
        values: names
            .iter()
            .zip(columns)
            .map(|(name, values)| EmittedColumn {
                column: name.clone(),
                paths: paths.iter().map(|path| along(values, path)).collect(),
            })
            .collect(),
        indices: paths.iter().map(<[u32]>::to_vec).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::asked;

    fn text(line: &str, input: &str) -> Result<String, EngineCliError> {
        run(&asked::arguments(line.split_whitespace())?, &mut input.as_bytes())
    }

    fn ask(line: &str, input: &str) -> Value {
        asked::ask(run, line.split_whitespace(), input).unwrap()
    }

    fn series() -> String {
        let rows: Vec<String> =
            (0..60).map(|t| format!("{},{}", f64::from(t * 7_919 % 100) / 1e3 - 0.05, t % 5)).collect();
        format!("a,b\n{}\n", rows.join("\n"))
    }

    #[test]
    fn answers_every_column_and_repeats_itself() {
        let line = "--paths 400 --seed 9 --quantiles 0.05,0.5 --statistic mean";
        let found = ask(line, &series());
        assert_eq!(text(line, &series()).unwrap(), text(line, &series()).unwrap());
        assert_eq!((found["length"].as_u64(), found["block_source"].as_str()), (Some(60), Some("auto")));
        let columns = found["columns"].as_array().unwrap();
        assert_eq!((columns.len(), columns[0]["quantiles"].as_array().unwrap().len()), (2, 2));
        let (low, high) = (&columns[0]["confidence_interval"][0], &columns[0]["confidence_interval"][1]);
        let observed = columns[0]["observed"].as_f64().unwrap();
        assert!(low.as_f64().unwrap() < observed && observed < high.as_f64().unwrap());
        assert!(found["block_length"].as_f64().unwrap() >= 1.0);
        for statistic in ["sum", "growth", "max-drawdown", "sharpe", "volatility"] {
            let one = ask(&format!("--column a --paths 50 --block 3 --statistic {statistic}"), &series());
            assert!(one["columns"][0]["standard_error"].as_f64().unwrap() > 0.0);
        }
    }

    #[test]
    fn paths_come_out_jointly() {
        let found = ask("--paths 3 --length 4 --block 2 --emit-paths", &series());
        let (indices, values) = (&found["emitted"]["indices"], &found["emitted"]["values"]);
        for path in 0..3 {
            for step in 0..4 {
                let row = indices[path][step].as_u64().unwrap();
                assert_eq!(values[1]["paths"][path][step].as_f64().unwrap(), (row % 5) as f64);
            }
        }
    }

    #[test]
    fn bad_input_is_named() {
        for (line, input, expected) in [
            ("", "", "no data rows"),
            ("", "a\n1\n", "one data row"),
            ("", "a\n1\n2\n3\n", "needs at least 11"),
            ("", "a\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n", "column `a`: the values do not vary"),
            ("--block 2", "a\n1\nnan\n", "row 3, column `a`: nan is not a finite number"),
            ("--block 2", "a\n1\ninf\n", "inf is not a finite number"),
            ("--block 0", "a\n1\n2\n", "at least 1"),
            ("--block 2 --paths 0", "a\n1\n2\n", "number of paths must be at least 1"),
            ("--block 2 --length 0", "a\n1\n2\n", "length of a path must be at least 1"),
            ("--block 2 --quantiles 5", "a\n1\n2\n", "quantile 5"),
            ("--block 2 --confidence 95", "a\n1\n2\n", "confidence of 95"),
            ("--block 2 --columns z", "a\n1\n2\n", "column `z` is missing"),
            ("--block 2 --columns a,a", "a\n1\n2\n", "twice"),
            (
                "--block 2 --statistic growth",
                "a\n0.1\n-1.5\n0.2\n",
                "row 3, column `a`: -1.5 is not a return",
            ),
            ("--block 2 --statistic growth", "a\n5\n-1.5\n0.2\n", "read like percent"),
            ("--block 2 --emit-paths --paths 20000000", "a\n1\n2\n", "--emit-paths would write"),
        ] {
            let error = text(line, input).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(expected), "{error} lacks {expected}");
        }
    }
}
