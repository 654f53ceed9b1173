//! All records of a sweep as one JSON document.

use serde_json::{Value as Json, json};

use super::file::Value;
use super::folder::sweep_hash;
use super::grid::Task;
use super::record::Record;

/// The document: a head, then one line a task, in task order. What a task printed is put in as it is, not read and
/// written again, so that no figure changes its last digit on the way.
pub fn of(tasks: &[Task], records: &[Record]) -> String {
    let failed = records.iter().filter(|record| !record.succeeded()).count();
    let mut text = format!(
        "{{\n\"sweep\": \"{}\",\n\"total\": {},\n\"failed\": {failed},\n\"tasks\": [\n",
        sweep_hash(tasks),
        tasks.len()
    );
    for (index, (task, record)) in tasks.iter().zip(records).enumerate() {
        text.push_str(&line(task, record));
        text.push_str(if index + 1 < tasks.len() { ",\n" } else { "\n" });
    }
    text.push_str("]\n}\n");
    text
}

fn line(task: &Task, record: &Record) -> String {
    // Written by hand in this order: a JSON map may or may not keep its own, depending on who else is in the build.
    let parameters: Vec<String> = task
        .parameters
        .iter()
        .map(|(name, value)| format!("{}: {}", json!(name), parameter(value)))
        .collect();
    let head = format!(
        "{{\"id\": {}, \"args\": {}, \"parameters\": {{{}}}",
        json!(task.id),
        json!(task.args),
        parameters.join(", ")
    );
    match record.failure() {
        None => format!("{head}, \"exit_code\": 0, \"output\": {}}}", record.stdout.trim()),
        Some(problem) => format!(
            "{head}, \"exit_code\": {}, \"problem\": {}, \"stderr\": {}}}",
            json!(record.exit_code),
            json!(problem),
            json!(record.stderr)
        ),
    }
}

fn parameter(value: &Value) -> Json {
    match value {
        Value::Flag(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Number(value) => json!(value),
        Value::Text(value) => json!(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::file::SweepFile;
    use crate::sweep::grid;

    #[test]
    fn keeps_the_answer_as_it_was_printed() {
        let sweep = SweepFile::parse("[grid]\nseed = [1, 2]\nname = [\"a \\\"b\\\"\"]", "s").unwrap();
        let tasks = grid::tasks(&sweep, "s").unwrap();
        // Digits that a parse into f64 and back would change.
        let stdout = "{\"x\": 0.10000000000000000055,\n \"y\": 1E400}\n";
        let good = Record {
            id: tasks[0].id.clone(),
            exit_code: Some(0),
            stdout: stdout.to_owned(),
            stderr: "warned".to_owned(),
            problem: None,
        };
        let bad = Record {
            id: tasks[1].id.clone(),
            exit_code: Some(2),
            stderr: "no\n\"x\"".into(),
            ..good.clone()
        };
        let text = of(&tasks, &[good.clone(), bad]);
        assert!(text.contains(&format!("\"output\": {}}}", stdout.trim())), "{text}");
        let read: Json = serde_json::from_str(&text.replace("1E400", "1")).unwrap();
        assert_eq!((&read["total"], &read["failed"]), (&json!(2), &json!(1)));
        assert_eq!(read["tasks"][0]["parameters"], json!({"name": "a \"b\"", "seed": 1}));
        assert_eq!(read["tasks"][1]["stderr"], json!("no\n\"x\""));
        assert_eq!(read["tasks"][1]["problem"], json!("exit code 2"));
    }
}
