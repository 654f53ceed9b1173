//! `ballast migrate`

use std::path::PathBuf;

use serde::Serialize;

use crate::args::Global;
use crate::error::CliError;
use crate::migrate::resolve::resolve;
use crate::migrate::{Item, KeyRing, Migration, Plan, PlanFile, PlanProblem, Status, migrate};
use crate::output::show;
use crate::session::Session;

/// Arguments of `migrate`.
#[derive(Clone, Debug, clap::Args)]
pub struct MigrateArgs {
    /// Plan, such as migrations/localnet.toml
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// Folder of keypair files: "key:NAME" in the plan is NAME.json there
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// Replace the program's bytecode where the plan has another
    #[arg(long)]
    pub upgrade: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What a migration came to, for machines.
#[derive(Debug, Serialize)]
struct Done {
    cluster: String,
    dry_run: bool,
    items: Vec<DoneItem>,
    transactions: Vec<String>,
}

#[derive(Debug, Serialize)]
struct DoneItem {
    what: String,
    /// same, create, change, held, conflict or unplanned.
    status: &'static str,
    details: Vec<String>,
}

/// Runs it.
pub fn run(global: &Global, args: &MigrateArgs) -> Result<(), CliError> {
    let text = std::fs::read_to_string(&args.plan)
        .map_err(|error| CliError::input(format!("{}: {error}", args.plan.display())))?;
    let file = PlanFile::parse(&text, &args.plan).map_err(CliError::input)?;
    let global = Global { url: global.url.clone().or(file.cluster.url.clone()), ..global.clone() };
    let mut session = Session::open(&global)?;
    let mut keys = KeyRing::new(session.wallet()?);
    if let Some(dir) = &args.keys {
        keys = keys.with_dir(dir.clone());
    }
    let mut plan = resolve(&file, &args.plan, &mut keys).map_err(problems)?;
    plan.program.upgrade |= args.upgrade;
    check_chain(&session, &plan)?;
    let is_quiet = session.json;
    let migration = migrate(&mut session.chain, &plan, &keys, args.dry_run, &mut |what| {
        if !is_quiet {
            eprintln!("done: {what}");
        }
    })?;
    let has_conflict = migration.items.iter().any(|item| matches!(item.status, Status::Conflict(_)));
    show(session.json, &done(&plan, args.dry_run, &migration), human)?;
    if has_conflict {
        return Err(CliError::refused("the plan conflicts with the chain: it would not be carried out"));
    }
    Ok(())
}

fn problems(problems: Vec<PlanProblem>) -> CliError {
    CliError::Input(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// A plan that states a genesis hash runs on that chain only.
fn check_chain(session: &Session, plan: &Plan) -> Result<(), CliError> {
    let Some(stated) = &plan.genesis_hash else { return Ok(()) };
    let found = session.chain.genesis_hash()?;
    if *stated == found {
        return Ok(());
    }
    Err(CliError::refused(format!(
        "this is another chain than {}: its genesis hash is {found}, the plan says {stated}",
        plan.cluster
    )))
}

fn done(plan: &Plan, dry_run: bool, migration: &Migration) -> Done {
    let item = |item: &Item| {
        let (status, details) = match &item.status {
            Status::Same => ("same", Vec::new()),
            Status::Missing => ("create", Vec::new()),
            Status::Differs(lines) => ("change", lines.clone()),
            Status::Held(lines) => ("held", lines.clone()),
            Status::Conflict(why) => ("conflict", vec![why.clone()]),
            Status::Unplanned => ("unplanned", vec!["not in the plan: left alone".to_owned()]),
        };
        let details = details.into_iter().chain(item.notes.iter().cloned()).collect();
        DoneItem { what: item.what.clone(), status, details }
    };
    Done {
        cluster: plan.cluster.clone(),
        dry_run,
        items: migration.items.iter().map(item).collect(),
        transactions: migration.applied.iter().map(|applied| applied.signature.clone()).collect(),
    }
}

fn human(done: &Done) -> String {
    let mut lines = Vec::new();
    for item in &done.items {
        lines.push(format!("{:<9}  {}", item.status, item.what));
        lines.extend(item.details.iter().map(|detail| format!("{:<9}    {detail}", "")));
    }
    let count = |status: &str| done.items.iter().filter(|item| item.status == status).count();
    let (create, change) = (count("create"), count("change"));
    lines.push(String::new());
    lines.push(match (done.dry_run, create.saturating_add(change)) {
        (_, 0) => format!("{}: nothing to do, {} as planned", done.cluster, count("same")),
        (true, _) => format!("{}: would create {create} and change {change}", done.cluster),
        (false, _) => format!(
            "{}: created {create}, changed {change}, in {} transactions",
            done.cluster,
            done.transactions.len()
        ),
    });
    lines.join("\n")
}
