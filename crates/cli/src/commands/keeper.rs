//! `ballast keeper`

use std::path::PathBuf;

use ballast_client::ChainClient;
use ballast_engine::policy::Action;
use ballast_keeper::execute::{DEFAULT_MARGIN_BPS, DEFAULT_REST_BPS};
use ballast_keeper::health::{HealthPolicy, Observation, Progress};
use ballast_keeper::moves::Move;
use ballast_keeper::{
    ChainExecutor, DecisionOutcome, Journal, Keeper, ModelFile, PolicyStrategy, Run, VaultCollector,
    VenueOutlook,
};
use clap::Subcommand;
use serde::Serialize;
use solana_signer::Signer;

use crate::amount::Unit;
use crate::error::CliError;
use crate::names::vault_name;
use crate::output::{fields, show};
use crate::ratio::{parse_bps, percent};
use crate::session::Session;
use crate::when;

/// What a keeper does.
#[derive(Clone, Debug, Subcommand)]
pub enum KeeperCommand {
    /// Look, propose, ask the chain, record the decision, and move funds toward the targets: once
    Once(OnceArgs),
    /// Write down what every allocation is worth now: anyone may
    Refresh {
        /// Vault, such as usdc/conservative
        vault: String,
    },
}

/// Arguments of `keeper once`.
#[derive(Clone, Debug, clap::Args)]
pub struct OnceArgs {
    /// Vault, such as usdc/conservative
    pub vault: String,
    /// Model to decide by [default: models/engine-v1.toml as built in]
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Where inputs of decisions and what was seen of pools are kept
    #[arg(long, default_value = "keeper-runs", value_name = "DIR")]
    pub run_dir: PathBuf,
    /// How often this is run, to notice missed runs
    #[arg(long, value_name = "SECONDS")]
    pub every: Option<u32>,
    /// Distance to keep from targets, as a share of the vault [default: 0.02%]
    #[arg(long, value_name = "SHARE")]
    pub margin: Option<String>,
    /// Distance from targets to leave alone, as a share of the vault [default: 0.4%]
    #[arg(long, value_name = "SHARE")]
    pub rest: Option<String>,
}

/// What a run came to, for machines.
#[derive(Debug, Serialize)]
struct Done {
    vault: String,
    vault_address: String,
    /// recorded, refused, held, cooling_down or not_ours.
    decision: &'static str,
    decision_number: Option<u64>,
    targets_bps: Option<Vec<u16>>,
    /// Expected gain, bps of the vault a year, as the policy sees it.
    gain_bps: Option<f64>,
    detail: String,
    input_hash: Option<String>,
    moves: Vec<MoveDone>,
    refused_moves: Vec<String>,
    waiting: Vec<String>,
    alerts: Vec<String>,
    stuck: Option<String>,
}

#[derive(Debug, Serialize)]
struct MoveDone {
    slot_index: u8,
    direction: &'static str,
    /// Atoms of the asset for an increase, receipts for a decrease.
    amount: u64,
    signature: String,
}

/// Runs it.
pub fn run(session: &mut Session, command: KeeperCommand) -> Result<(), CliError> {
    match command {
        KeeperCommand::Once(args) => once(session, &args),
        KeeperCommand::Refresh { vault } => refresh(session, &vault),
    }
}

/// What a refresh came to, for machines.
#[derive(Debug, Serialize)]
struct Refreshed {
    vault: String,
    /// None where the vault has no slot.
    signature: Option<String>,
}

fn refresh(session: &mut Session, vault: &str) -> Result<(), CliError> {
    let wallet = session.wallet()?;
    let setup = session.load_vault(vault)?;
    session.make_room(&setup, &wallet)?;
    let landed = ballast_keeper::execute::refresh(&mut session.chain, &setup, &wallet)?;
    let refreshed = Refreshed {
        vault: vault_name(&setup.vault.asset_mint, setup.vault.class),
        signature: landed.map(|landed| landed.signature.to_string()),
    };
    show(session.json, &refreshed, |refreshed| match &refreshed.signature {
        Some(signature) => {
            fields(&[("Refreshed", refreshed.vault.clone()), ("Transaction", signature.clone())])
        }
        None => format!("{} has no allocation to refresh", refreshed.vault),
    })
}

fn once(session: &mut Session, args: &OnceArgs) -> Result<(), CliError> {
    let wallet = session.wallet()?;
    let model = match &args.model {
        Some(path) => ModelFile::read(path)?,
        None => ModelFile::built_in()?,
    };
    let share = |text: &Option<String>, default: u16| match text {
        Some(text) => parse_bps(text).map_err(CliError::input),
        None => Ok(default),
    };
    let margin_bps = share(&args.margin, DEFAULT_MARGIN_BPS)?;
    let rest_bps = share(&args.rest, DEFAULT_REST_BPS)?;
    let setup = session.load_vault(&args.vault)?;
    let unit = session.unit(&setup.vault.asset_mint)?;
    session.make_room(&setup, &wallet)?;
    let journal = Journal::open(&args.run_dir, &setup.key)?;

    let mut keeper = Keeper {
        collector: VaultCollector {
            vault: setup.key,
            payer: wallet.pubkey(),
            outlooks: VenueOutlook { history: journal.pool_history(model.pool_history)? },
            incomes: journal.incomes(&model)?,
        },
        strategy: PolicyStrategy::of_model(&model)?,
        executor: ChainExecutor {
            signer: &wallet,
            model_hash: model.hash()?,
            margin_bps,
            rest_bps,
            journal: Some(journal.clone()),
        },
    };
    let run = keeper.run(&mut session.chain)?;
    journal.keep_pool_history(&keeper.collector.outlooks.history)?;
    if let Some(incomes) = &keeper.collector.incomes {
        journal.keep_incomes(incomes)?;
    }

    let progress = run.progress();
    let balance_lamports = session.chain.account(&wallet.pubkey())?.map_or(0, |account| account.lamports);
    let policy = HealthPolicy { interval_secs: args.every, ..HealthPolicy::default() };
    let seen = Observation {
        now_ts: run.situation.fresh.clock.unix_ts,
        balance_lamports,
        progress: progress.clone(),
    };
    let (health, alerts) = policy.assess(&journal.health()?, &seen);
    journal.keep_health(&health)?;

    let alerts: Vec<String> = alerts.iter().map(ToString::to_string).collect();
    let done = done(&run, &progress, alerts);
    show(session.json, &done, |done| human(done, &unit))?;
    for alert in &done.alerts {
        eprintln!("alert: {alert}");
    }
    match done.stuck {
        Some(why) => Err(CliError::refused(why)),
        None => Ok(()),
    }
}

fn done(run: &Run, progress: &Progress, alerts: Vec<String>) -> Done {
    let vault = &run.situation.fresh.vault;
    let proposal = run.proposal.as_ref();
    let used = usize::from(vault.allocation_count);
    let targets = |weights: &[u16]| Some(weights.iter().take(used).copied().collect());
    let (decision, number, targets_bps, detail) = match &run.execution.decision {
        DecisionOutcome::Held => ("held", None, None, held(run)),
        DecisionOutcome::CoolingDown { until_ts } => {
            ("cooling_down", None, None, format!("next decision from {}", when::format(*until_ts)))
        }
        DecisionOutcome::NotOurs { keeper } => {
            ("not_ours", None, None, format!("this wallet is not the vault's keeper, {keeper} is"))
        }
        DecisionOutcome::Refused(refused) => {
            ("refused", None, targets(&refused.targets_bps), refused.rejection.to_string())
        }
        DecisionOutcome::Recorded { sequence, targets_bps, turnover_bps, landed, .. } => (
            "recorded",
            Some(*sequence),
            targets(targets_bps),
            format!("turnover {}: {}", percent(u64::from(*turnover_bps)), landed.signature),
        ),
    };
    let moves = run.execution.moves.iter().map(|done| {
        let (slot_index, direction, amount) = parts(&done.action);
        MoveDone { slot_index, direction, amount, signature: done.landed.signature.to_string() }
    });
    Done {
        vault: vault_name(&vault.asset_mint, vault.class),
        vault_address: run.situation.setup.key.to_string(),
        decision,
        decision_number: number,
        targets_bps,
        gain_bps: proposal.and_then(|proposal| match proposal.targets.action {
            Action::Move { gain_bps, .. } => Some(gain_bps),
            Action::Hold(_) => None,
        }),
        detail,
        input_hash: proposal.map(|proposal| hex::encode(proposal.input.hash)),
        moves: moves.collect(),
        refused_moves: run
            .execution
            .refused
            .iter()
            .map(|refused| format!("slot {}: {}", refused.action.index(), refused.rejection))
            .collect(),
        waiting: run.execution.waiting.iter().map(ToString::to_string).collect(),
        alerts,
        stuck: match progress {
            Progress::Stuck(why) => Some(why.clone()),
            Progress::Made | Progress::NotNeeded => None,
        },
    }
}

/// Why no decision was sent.
fn held(run: &Run) -> String {
    match run.proposal.as_ref().map(|proposal| proposal.targets.action) {
        Some(Action::Hold(reason)) => {
            let reason = serde_json::to_value(reason).ok();
            let reason = reason.as_ref().and_then(|reason| reason.as_str()).unwrap_or("unknown");
            format!("policy holds: {}", reason.replace('_', " "))
        }
        Some(Action::Move { .. }) => "what the policy wants is in force already".to_owned(),
        None => "the vault cannot be priced: an allocation cannot be refreshed".to_owned(),
    }
}

fn parts(action: &Move) -> (u8, &'static str, u64) {
    match action {
        Move::Decrease { index, receipts } => (*index, "decrease", *receipts),
        Move::Increase { index, atoms } => (*index, "increase", *atoms),
    }
}

fn human(done: &Done, unit: &Unit) -> String {
    let number = done.decision_number.map_or_else(String::new, |number| format!(" {number}"));
    let mut lines = vec![
        ("Vault", done.vault.clone()),
        ("Decision", format!("{}{number} ({})", done.decision.replace('_', " "), done.detail)),
    ];
    if let Some(targets) = &done.targets_bps {
        let targets: Vec<String> = targets.iter().map(|bps| percent(u64::from(*bps))).collect();
        lines.push(("Targets", targets.join(" ")));
    }
    if let Some(gain) = done.gain_bps {
        lines.push(("Expected gain", format!("{:.2}% a year", gain / 100.0)));
    }
    for step in &done.moves {
        let amount = match step.direction {
            "increase" => unit.format(step.amount),
            _ => format!("{} receipts", step.amount),
        };
        lines.push((
            "Moved",
            format!("slot {}: {} by {amount}: {}", step.slot_index, step.direction, step.signature),
        ));
    }
    lines.extend(done.refused_moves.iter().map(|refused| ("Refused", refused.clone())));
    lines.extend(done.waiting.iter().map(|waiting| ("Waiting", waiting.clone())));
    fields(&lines)
}
