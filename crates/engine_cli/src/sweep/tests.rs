//! Sweeps of a small shell script: what is run, kept, resumed and reported.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::sweep::file::SweepFile;

/// Counts its runs in a file beside it, fails on `--seed=3`, echoes its arguments as JSON.
const PROGRAM: &str = r#"#!/bin/sh
echo run >> "$(dirname "$0")/runs"
for arg; do
  case "$arg" in
    --seed=3) [ -e "$(dirname "$0")/mended" ] || { echo "seed 3 is unlucky" >&2; exit 7; } ;;
    --seed=4) echo "not JSON"; exit 0 ;;
    --seed=5) kill -9 $$ ;;
    --seed=6) echo '{"early": true}'; sleep 30 ;;
  esac
done
echo "{\"args\": \"$*\", \"third\": 0.33333333333333331483}"
"#;

struct Place {
    dir: PathBuf,
}

impl Place {
    /// An own folder a test, with the program in it.
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("ballast-sweep-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let program = dir.join("program");
        fs::write(&program, PROGRAM).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { dir }
    }

    fn plan(&self, results: &str, jobs: usize) -> Plan {
        Plan {
            program: self.dir.join("program"),
            results: self.dir.join(results),
            engine: Engine::Local,
            jobs,
            timeout: None,
            fresh: false,
        }
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.dir.join("runs")).unwrap_or_default().lines().count()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn tasks(grid: &str) -> Vec<Task> {
    grid::tasks(&SweepFile::parse(&format!("[grid]\n{grid}"), "s").unwrap(), "s").unwrap()
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_workers() {
    let place = Place::new("workers");
    let tasks = tasks("seed = [1, 2, 3, 7, 8]\nquick = [true, false]");
    let one = run(&tasks, &place.plan("one", 1)).unwrap();
    assert_eq!((one.total, one.failed, one.resumed), (10, 2, 0));
    for jobs in [2, 5, 64] {
        assert_eq!(run(&tasks, &place.plan(&format!("jobs{jobs}"), jobs)).unwrap(), one, "{jobs}");
    }
    assert_eq!(fs::read_to_string(place.dir.join("one/results.json")).unwrap(), one.document);
    assert!(one.document.contains("0.33333333333333331483"));
}

#[test]
fn failures_keep_their_reason_and_lose_nobody_else() {
    let place = Place::new("failures");
    let tasks = tasks("seed = [1, 3, 4, 5, 6, 9]");
    let mut plan = place.plan("results", 3);
    plan.timeout = Some(Duration::from_secs(3));
    let finished = run(&tasks, &plan).unwrap();
    assert_eq!((finished.total, finished.failed), (6, 4));
    let read: serde_json::Value = serde_json::from_str(&finished.document).unwrap();
    let problem = |index: usize| read["tasks"][index]["problem"].as_str().unwrap().to_owned();
    assert_eq!(read["tasks"][0]["output"]["args"], "backtest --seed=1");
    assert_eq!(problem(1), "exit code 7");
    assert_eq!(read["tasks"][1]["exit_code"], 7);
    assert_eq!(read["tasks"][1]["stderr"], "seed 3 is unlucky\n");
    assert!(problem(2).starts_with("standard output is not one JSON document"), "{}", problem(2));
    assert_eq!(problem(3), "ended by a signal");
    assert_eq!(problem(4), "stopped after 3 s");
    assert_eq!(read["tasks"][5]["output"]["args"], "backtest --seed=9");
}

#[test]
fn goes_on_where_it_stopped_and_tries_failures_again() {
    let place = Place::new("resume");
    let tasks = tasks("seed = [1, 2, 3, 8]");
    let plan = place.plan("results", 2);
    assert_eq!(run(&tasks, &plan).unwrap().failed, 1);
    assert_eq!(place.runs(), 4);
    // As if stopped half-way: one record is missing, another was being written.
    fs::remove_file(plan.results.join(format!("tasks/{}.json", tasks[1].id))).unwrap();
    fs::write(plan.results.join(format!("tasks/{}.part", tasks[1].id)), "{\"id\"").unwrap();
    fs::write(place.dir.join("mended"), "").unwrap();
    let again = run(&tasks, &plan).unwrap();
    assert_eq!((again.failed, again.resumed, place.runs()), (0, 2, 6));
    assert_eq!(run(&tasks, &plan).unwrap().resumed, 4);
    assert_eq!(place.runs(), 6);
    // The answer is that of a run that was never interrupted.
    assert_eq!(run(&tasks, &place.plan("other", 4)).unwrap().document, again.document);
    let fresh = Plan { fresh: true, ..plan };
    assert_eq!(run(&tasks, &fresh).unwrap().resumed, 0);
    assert_eq!(place.runs(), 14);
}

#[test]
fn refuses_a_folder_that_belongs_to_something_else() {
    let place = Place::new("other");
    let plan = place.plan("results", 1);
    let first = tasks("seed = [1]");
    run(&first, &plan).unwrap();
    let other = run(&tasks("seed = [2]"), &plan).unwrap_err();
    assert!(other.to_string().contains("holds results of another sweep"), "{other}");
    let mut text = fs::read_to_string(place.dir.join("program")).unwrap();
    text.push_str("# another build\n");
    fs::write(place.dir.join("program"), text).unwrap();
    let built = run(&first, &plan).unwrap_err();
    assert!(built.to_string().contains("another build of the program"), "{built}");
    assert!(run(&first, &Plan { fresh: true, ..plan.clone() }).is_ok());

    let held = Folder::open(&plan.results, &first, &plan.program, false).unwrap();
    assert!(matches!(run(&first, &plan), Err(SweepError::Busy(_))));
    drop(held);
    fs::write(plan.results.join(format!("tasks/{}.json", first[0].id)), "{}").unwrap();
    assert!(run(&first, &plan).unwrap_err().to_string().contains("remove it and run again"));
}

#[test]
fn a_program_that_is_not_there_or_cannot_run_is_named() {
    let place = Place::new("missing");
    let mut plan = place.plan("results", 1);
    plan.program = place.dir.join("nowhere");
    assert!(matches!(run(&tasks("seed = [1]"), &plan), Err(SweepError::Program { .. })));
    plan.program = place.dir.join("text");
    fs::write(&plan.program, "no program").unwrap();
    let finished = run(&tasks("seed = [1]"), &plan).unwrap();
    assert_eq!(finished.failed, 1);
    assert!(finished.document.contains("could not run: Permission denied"), "{}", finished.document);
}

#[test]
fn ray_gives_the_same_bytes() {
    let python = std::env::var_os("BALLAST_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let has_ray = std::process::Command::new(&python).args(["-c", "import ray"]).output();
    if !has_ray.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {} has no Ray; set BALLAST_PYTHON to one that has", python.display());
        return;
    }
    let place = Place::new("ray");
    let tasks = tasks("seed = [1, 2, 3, 4, 5, 6, 7]");
    let mut plan = place.plan("local", 2);
    plan.timeout = Some(Duration::from_secs(3));
    let local = run(&tasks, &plan).unwrap();
    let cluster = ray::Cluster { python, address: None };
    let on_ray = Plan { results: place.dir.join("ray"), engine: Engine::Ray(cluster), ..plan };
    assert_eq!(run(&tasks, &on_ray).unwrap(), local);
    // Resumed by the other engine: a record is a record.
    let resumed = run(&tasks, &Plan { engine: Engine::Local, ..on_ray }).unwrap();
    assert_eq!((resumed.document == local.document, resumed.resumed), (true, 3));
}

#[test]
fn ray_that_is_not_there_is_said() {
    let place = Place::new("noray");
    let mut plan = place.plan("results", 1);
    let engine = |python: &str| Engine::Ray(ray::Cluster { python: python.into(), address: None });
    plan.engine = engine("no-such-python");
    let error = run(&tasks("seed = [1]"), &plan).unwrap_err().to_string();
    assert!(error.starts_with("Ray: cannot start no-such-python"), "{error}");
    // A "Python" that fails as the script does without Ray.
    let fake = place.dir.join("python");
    fs::write(&fake, "#!/bin/sh\nexit 3\n").unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    plan.engine = engine(&fake.display().to_string());
    let error = run(&tasks("seed = [1]"), &plan).unwrap_err().to_string();
    assert!(error.contains("pip install ray"), "{error}");
}
