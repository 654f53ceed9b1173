//! The tasks of a sweep: the cartesian product of its grid.

use ballast_engine::hex;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::SweepError;
use super::file::{SweepFile, Value};

/// More tasks than this are a mistake in the grid.
pub const MOST_TASKS: usize = 100_000;

/// One run of the program.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Task {
    /// The first 16 hexadecimal digits of the SHA-256 of the argument list as compact JSON.
    pub id: String,
    /// What is passed to the program.
    pub args: Vec<String>,
    /// Where in the grid this is, by name.
    #[serde(skip)]
    pub parameters: Vec<(String, Value)>,
}

/// Every combination, in canonical order: parameters by name, values as listed, the last parameter varies
/// fastest. The order in which the file names its parameters changes nothing.
///
/// # Errors
/// More than [`MOST_TASKS`], or two tasks with the same arguments.
pub fn tasks(sweep: &SweepFile, place: &str) -> Result<Vec<Task>, SweepError> {
    let wrong = |problem: String| SweepError::File { place: place.to_owned(), problem };
    let axes: Vec<(&String, &Vec<Value>)> = sweep.grid.0.iter().collect();
    let total = axes
        .iter()
        .try_fold(1_usize, |product, (_, values)| product.checked_mul(values.len()))
        .filter(|total| *total <= MOST_TASKS)
        .ok_or_else(|| wrong(format!("the grid has more than {MOST_TASKS} combinations")))?;
    if let Some(text) = sweep.command.iter().chain(&sweep.args).find(|text| text.contains('\0')) {
        return Err(wrong(format!("{text:?} holds a zero character, which no argument can")));
    }
    let tasks: Vec<Task> = (0..total).map(|index| task(sweep, &axes, index)).collect();
    let mut ids: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(wrong(format!("two combinations make the same arguments (task {})", pair[0]))),
        None => Ok(tasks),
    }
}

fn task(sweep: &SweepFile, axes: &[(&String, &Vec<Value>)], index: usize) -> Task {
    let mut rest = index;
    let mut parameters = Vec::with_capacity(axes.len());
    for (name, values) in axes.iter().rev() {
        parameters.push(((*name).clone(), values[rest % values.len()].clone()));
        rest /= values.len();
    }
    parameters.reverse();
    let mut args = sweep.command.clone();
    args.extend(sweep.args.iter().cloned());
    args.extend(parameters.iter().filter_map(|(name, value)| argument(name, value)));
    Task { id: id(&args), args, parameters }
}

/// `--name=value`, in one piece so that a negative number is not taken for an option.
fn argument(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Flag(true) => Some(format!("--{name}")),
        Value::Flag(false) => None,
        value => Some(format!("--{name}={value}")),
    }
}

fn id(args: &[String]) -> String {
    digest(args).chars().take(16).collect()
}

/// SHA-256, in hexadecimal, of texts; no two lists collide by shifting characters between neighbours.
pub(super) fn digest(texts: &[String]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(serde_json::Value::from(texts).to_string());
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sweep(text: &str) -> Result<Vec<Task>, SweepError> {
        tasks(&SweepFile::parse(text, "s").unwrap(), "s")
    }

    #[test]
    fn the_last_parameter_varies_fastest() {
        let tasks =
            sweep("args = [\"--json\"]\n[grid]\nb = [1, -2]\na = [\"x\", \"y\"]\nc = [true, false]").unwrap();
        let args: Vec<String> = tasks.iter().map(|task| task.args.join(" ")).collect();
        assert_eq!(
            args,
            [
                "backtest --json --a=x --b=1 --c",
                "backtest --json --a=x --b=1",
                "backtest --json --a=x --b=-2 --c",
                "backtest --json --a=x --b=-2",
                "backtest --json --a=y --b=1 --c",
                "backtest --json --a=y --b=1",
                "backtest --json --a=y --b=-2 --c",
                "backtest --json --a=y --b=-2",
            ]
        );
    }

    #[test]
    fn the_id_is_a_hash_anyone_can_make() {
        let tasks = sweep("command = [\"backtest\"]\n[grid]\nseed = [7]").unwrap();
        // printf '["backtest","--seed=7"]' | sha256sum
        assert_eq!(tasks[0].id, "c37c38b4cc7c2d34");
        assert_eq!(tasks[0].id.len(), 16);
    }

    #[test]
    fn no_grid_is_one_task_and_too_many_are_refused() {
        assert_eq!(sweep("command = []").unwrap().len(), 1);
        let axis: Vec<String> = (0..400).map(|n| n.to_string()).collect();
        let axis = axis.join(",");
        let problem = sweep(&format!("[grid]\na = [{axis}]\nb = [{axis}]")).unwrap_err().to_string();
        assert_eq!(problem, "s: the grid has more than 100000 combinations");
    }

    proptest! {
        #[test]
        fn every_combination_once_with_its_own_id(sizes in prop::collection::vec(1_usize..5, 0..5)) {
            let mut text = String::from("[grid]\n");
            for (axis, size) in sizes.iter().enumerate() {
                let values: Vec<String> = (0..*size).map(|n| n.to_string()).collect();
                text.push_str(&format!("p{axis} = [{}]\n", values.join(",")));
            }
            let tasks = sweep(&text).unwrap();
            let ids: BTreeSet<&String> = tasks.iter().map(|task| &task.id).collect();
            prop_assert_eq!(tasks.len(), sizes.iter().product::<usize>());
            prop_assert_eq!(ids.len(), tasks.len());
        }
    }
}
