//! `ballast engine detect cusum`

use std::io::Read;

use ballast_engine::detect::cusum::{Alarm, CusumSettings, Direction, Sides, alarms, baseline};
use ballast_engine::detect::run_length::{Chart, Method, threshold_for};
use ballast_engine::time::format_utc;
use clap::ValueEnum;
use serde::Serialize;

use crate::EngineCliError;
use crate::frame::Frame;
use crate::input::{Source, answer};

/// Arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Column with the series (default: the only one, or the one called value, x or returns)
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// Reference value in sigmas: half the shift that matters
    #[arg(short, long, default_value_t = 0.5, allow_negative_numbers = true)]
    k: f64,
    /// Decision interval in sigmas
    #[arg(long, visible_alias = "threshold", default_value_t = 5.0, allow_negative_numbers = true)]
    h: f64,
    /// Mean when nothing is wrong (default: the baseline's)
    #[arg(long, visible_alias = "target", allow_negative_numbers = true)]
    mean: Option<f64>,
    /// Standard deviation when nothing is wrong (default: the baseline's)
    #[arg(long, visible_alias = "sd", allow_negative_numbers = true)]
    sigma: Option<f64>,
    /// First rows to estimate mean and sigma on (default: all, which looks ahead)
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true)]
    baseline: Option<usize>,
    /// Which shifts to look for
    #[arg(long, value_enum, default_value_t = Side::Both)]
    sides: Side,
    /// The same as --sides both
    #[arg(long, conflicts_with_all = ["sides", "one_sided"])]
    two_sided: bool,
    /// The same as --sides upper
    #[arg(long, conflicts_with = "sides")]
    one_sided: bool,
    /// Fast initial response: where sums begin, as a share of h (0.5 unless a share is given)
    #[arg(long, visible_alias = "fir", num_args = 0..=1, default_missing_value = "0.5", value_name = "SHARE", allow_negative_numbers = true)]
    fast_initial_response: Option<f64>,
    /// Do not begin again after an alarm
    #[arg(long)]
    no_reset: bool,
    /// Average run length at each --shift instead of watching a series
    #[arg(long, conflicts_with = "target_arl")]
    arl: bool,
    /// Shifts of the mean in sigmas, for --arl
    #[arg(long, visible_alias = "shifts", value_delimiter = ',', default_values_t = [0.0], allow_hyphen_values = true)]
    shift: Vec<f64>,
    /// How to compute run lengths
    #[arg(long, value_enum, default_value_t = How::Exact)]
    method: How,
    /// The threshold h that runs so long on average before a false alarm, instead of watching a series
    #[arg(long, value_name = "OBSERVATIONS", allow_negative_numbers = true)]
    target_arl: Option<f64>,
}

/// Sides by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Side {
    /// Upward and downward shifts
    #[value(alias = "two")]
    Both,
    /// Upward shifts
    #[value(alias = "up")]
    Upper,
    /// Downward shifts
    #[value(alias = "down")]
    Lower,
}

/// A method by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum How {
    /// The integral equation, solved by quadrature
    Exact,
    /// Siegmund's approximation
    Siegmund,
}

#[derive(Serialize)]
struct RunLengths {
    k: f64,
    h: f64,
    sides: Sides,
    headstart: f64,
    method: Method,
    /// One a shift; null stands for more than 1e12.
    average_run_lengths: Vec<AtShift>,
}

#[derive(Serialize)]
struct AtShift {
    shift: f64,
    average_run_length: Option<f64>,
    exact: Option<f64>,
    /// None with a headstart, which it does not know.
    siegmund: Option<f64>,
}

#[derive(Serialize)]
struct Threshold {
    target_arl: f64,
    k: f64,
    sides: Sides,
    headstart: f64,
    h: f64,
    average_run_length: Option<f64>,
}

#[derive(Serialize)]
struct Watched {
    column: String,
    rows: usize,
    observations: usize,
    settings: CusumSettings,
    /// Where mean and sigma come from.
    baseline: String,
    /// In control, for independent normal observations; null beyond 1e12.
    average_run_length: Option<f64>,
    alarms: Vec<AlarmAnswer>,
}

#[derive(Serialize)]
struct AlarmAnswer {
    /// Data row, the first being 1.
    row: usize,
    /// Line in the file.
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    direction: Direction,
    statistic: f64,
    /// First data row after the shift, estimated.
    change_row: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    change_time: Option<String>,
    run: usize,
    estimated_mean: f64,
}

/// Reads, computes, answers.
pub(super) fn run(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    match args.target_arl {
        Some(target) => threshold(args, target),
        None if args.arl => run_lengths(args),
        None => watch(args, standard),
    }
}

impl Args {
    fn sides(&self) -> Sides {
        match self.sides {
            _ if self.one_sided => Sides::Upper,
            Side::Both => Sides::Both,
            Side::Upper => Sides::Upper,
            Side::Lower => Sides::Lower,
        }
    }

    fn chart(&self) -> Chart {
        let headstart = self.fast_initial_response.unwrap_or(0.0);
        Chart { k: self.k, h: self.h, sides: self.sides(), headstart }
    }
}

fn finite(length: f64) -> Option<f64> {
    length.is_finite().then_some(length)
}

fn run_lengths(args: &Args) -> Result<String, EngineCliError> {
    let chart = args.chart();
    let method = match args.method {
        How::Exact => Method::Exact,
        How::Siegmund => Method::Siegmund,
    };
    let mut lengths = Vec::new();
    for &shift in &args.shift {
        let by = |method| chart.average_run_length(shift, method).map(finite).map_err(EngineCliError::input);
        lengths.push(AtShift {
            shift,
            average_run_length: by(method)?,
            exact: by(Method::Exact)?,
            siegmund: if chart.headstart == 0.0 { by(Method::Siegmund)? } else { None },
        });
    }
    let Chart { k, h, sides, headstart } = chart;
    answer(&RunLengths { k, h, sides, headstart, method, average_run_lengths: lengths })
}

fn threshold(args: &Args, target: f64) -> Result<String, EngineCliError> {
    let Chart { k, sides, headstart, .. } = args.chart();
    let h = threshold_for(target, k, sides, headstart).map_err(EngineCliError::input)?;
    let length = Chart { k, h, sides, headstart }.average_run_length(0.0, Method::Exact);
    let average_run_length = finite(length.map_err(EngineCliError::input)?);
    answer(&Threshold { target_arl: target, k, sides, headstart, h, average_run_length })
}

fn watch(args: &Args, standard: &mut dyn Read) -> Result<String, EngineCliError> {
    let frame = Frame::read(&args.source, standard)?;
    let column = frame.choose(args.column.as_deref(), &["value", "x", "returns"])?;
    let values = frame.column(&column)?;
    let observations = values.iter().filter(|value| !value.is_nan()).count();
    if observations < 2 {
        let problem = format!("{observations} observation(s) in {} row(s); 2 are needed", frame.len());
        return Err(frame.in_column(&column, problem));
    }
    let (mean, sigma, source) = in_control(args, &frame, &column, &values)?;
    let chart = args.chart();
    let settings = CusumSettings {
        mean,
        sigma,
        k: chart.k,
        h: chart.h,
        sides: chart.sides,
        headstart: chart.headstart,
        reset: !args.no_reset,
    };
    let found = alarms(&values, settings).map_err(|error| frame.wrong(error))?;
    // A threshold beyond what run lengths are computed for is still one to watch with.
    let length = chart.average_run_length(0.0, Method::Exact).ok().and_then(finite);
    answer(&Watched {
        rows: frame.len(),
        observations,
        settings,
        baseline: source,
        average_run_length: length,
        alarms: found.iter().map(|alarm| describe(&frame, alarm)).collect(),
        column,
    })
}

fn in_control(
    args: &Args,
    frame: &Frame,
    column: &str,
    values: &[f64],
) -> Result<(f64, f64, String), EngineCliError> {
    if let (Some(mean), Some(sigma)) = (args.mean, args.sigma) {
        return Ok((mean, sigma, "given".into()));
    }
    let rows = args.baseline.unwrap_or(values.len());
    let Some(stretch) = values.get(..rows).filter(|_| rows >= 2) else {
        return Err(frame
            .wrong(format!("--baseline {rows} is not between 2 and the {} rows there are", values.len())));
    };
    let (mean, sigma) = baseline(stretch).map_err(|error| frame.in_column(column, error))?;
    let source = match args.baseline {
        Some(rows) => format!("first {rows} rows"),
        None => "all rows (looks ahead)".to_owned(),
    };
    Ok((args.mean.unwrap_or(mean), args.sigma.unwrap_or(sigma), source))
}

fn describe(frame: &Frame, alarm: &Alarm) -> AlarmAnswer {
    let time = |row: usize| frame.times().and_then(|times| times.get(row)).map(|ts| format_utc(*ts));
    AlarmAnswer {
        row: alarm.position + 1,
        line: frame.line(alarm.position),
        time: time(alarm.position),
        direction: alarm.direction,
        statistic: alarm.statistic,
        change_row: alarm.change_position + 1,
        change_time: time(alarm.change_position),
        run: alarm.run,
        estimated_mean: alarm.estimated_mean,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::asked;

    fn ask(line: &str, input: &str) -> Result<Value, EngineCliError> {
        asked::ask(run, line.split_whitespace(), input)
    }

    const MONTGOMERY: &str = "x\n9.45\n7.99\n9.29\n11.66\n12.16\n10.18\n8.04\n11.46\n9.20\n10.34\n9.03\n11.47\n10.51\n\
        9.40\n10.08\n9.37\n10.62\n10.31\n8.52\n10.84\n10.90\n9.33\n12.29\n11.50\n10.60\n11.08\n10.38\n11.62\n11.31\n10.52\n";

    #[test]
    fn the_textbooks_alarm() {
        let found = ask("--k 0.5 --h 5 --mean 10 --sigma 1 --two-sided", MONTGOMERY).unwrap();
        let alarm = &found["alarms"][0];
        assert_eq!((alarm["row"].as_u64(), alarm["line"].as_u64()), (Some(29), Some(30)));
        assert_eq!((alarm["change_row"].as_u64(), alarm["direction"].as_str()), (Some(23), Some("up")));
        assert!((alarm["statistic"].as_f64().unwrap() - 5.28).abs() < 1e-9);
        assert!((found["average_run_length"].as_f64().unwrap() - 465.0).abs() < 1.0);
        let estimated = ask("--baseline 20", MONTGOMERY).unwrap();
        assert_eq!(estimated["baseline"], "first 20 rows");
        assert_eq!(ask("", MONTGOMERY).unwrap()["baseline"], "all rows (looks ahead)");
    }

    #[test]
    fn published_run_lengths_without_input() {
        let found = ask("--arl --k 0.5 --h 4 --shift 0,.25,.5,1,2", "").unwrap();
        let lengths = found["average_run_lengths"].as_array().unwrap();
        for (at, (expected, half_unit)) in
            lengths.iter().zip([(168.0, 0.5), (74.2, 0.05), (26.6, 0.05), (8.38, 0.005), (3.34, 0.005)])
        {
            assert!((at["average_run_length"].as_f64().unwrap() - expected).abs() <= half_unit, "{at}");
            assert!((at["siegmund"].as_f64().unwrap() / expected - 1.0).abs() < 0.1, "{at}");
        }
        let one = ask("--arl --h 4 --one-sided", "").unwrap();
        assert!((one["average_run_lengths"][0]["exact"].as_f64().unwrap() - 335.4).abs() < 0.5);
        let fast = ask("--arl --h 4 --fir --shift -1", "").unwrap();
        assert!((fast["average_run_lengths"][0]["exact"].as_f64().unwrap() - 5.29).abs() < 0.02);
        let far = ask("--arl --h 40", "").unwrap();
        assert!(far["average_run_lengths"][0]["exact"].is_null());
    }

    #[test]
    fn a_threshold_for_a_run_length() {
        let found = ask("--target-arl 168", "").unwrap();
        assert!((found["h"].as_f64().unwrap() - 4.0).abs() < 0.01);
        assert!((found["average_run_length"].as_f64().unwrap() - 168.0).abs() < 1e-3);
    }

    #[test]
    fn bad_input_is_named() {
        for (line, input, expected) in [
            ("", "", "no data rows"),
            ("", "x\n1\n", "1 observation(s)"),
            ("", "x\nnan\nnan\n", "0 observation(s)"),
            ("", "x\n1\n1\n1\n", "all equal"),
            ("", "x\n1\ninf\n", "row 3, column `x`: inf is not a finite number"),
            ("--sigma 0 --mean 0", "x\n1\n2\n", "sigma is 0"),
            ("--k -1", "x\n1\n2\n", "k is -1"),
            ("--h 0", "x\n1\n2\n", "h is 0"),
            ("--fir 1", "x\n1\n2\n", "headstart"),
            ("--baseline 9", "x\n1\n2\n", "--baseline 9"),
            ("", "time,x\n2024-01-02,1\n2024-01-01,2\n", "time goes backwards"),
            ("--arl --h -4", "", "h is -4"),
            ("--arl --shift nan", "", "the shift"),
            ("--target-arl 0.5", "", "target run length"),
            ("--arl --method siegmund --fir", "", "Siegmund"),
        ] {
            let error = ask(line, input).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(expected), "{error} lacks {expected}");
        }
    }
}
