//! `ballast demo`: everything at once on this machine, to look at and to try.
//!
//! | File | Job |
//! |---|---|
//! | [`args`] | what it can be told |
//! | [`places`] | who and what is on the chain, and where |
//! | [`bring_up`], [`setup_step`], [`keys`] | from nothing to vaults with money in them |
//! | [`local_chain`], [`seed`], [`market`] | the outside world: venues, prices, rates |
//! | [`vault_keeper`] | the keepers |
//! | [`command_line`] | the wallet, which uses this very program |
//! | [`live`], [`status`], [`screen`], [`labels`] | the run and how it is shown |
//! | [`conservation`], [`verdict`] | what must hold, and what a success is |
//! | [`interrupt`] | Ctrl-C |

pub mod args;
pub mod bring_up;
pub mod command_line;
pub mod conservation;
pub mod interrupt;
pub mod keys;
pub mod labels;
pub mod live;
pub mod local_chain;
pub mod market;
pub mod places;
pub mod screen;
pub mod seed;
pub mod setup_step;
pub mod status;
pub mod vault_keeper;
pub mod verdict;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use ballast_localnet::LocalNet;

pub use args::DemoArgs;
use bring_up::People;
use command_line::CommandLine;
use interrupt::Interrupt;
use live::{Demo, Ending, Outcome, Pace};
use market::Market;

use crate::error::CliError;

/// Runs the demo. Fails if anything did not work.
pub fn run(args: &DemoArgs) -> Result<(), CliError> {
    // Read before anything starts: a folder that is of no use is bad input.
    let history = args.data.as_deref().map(Market::history).transpose();
    let history = history.map_err(|error| CliError::input(format!("--data: {error:#}")))?;
    match demo(args, history) {
        Ok(0) => Ok(()),
        Ok(failures) => Err(CliError::refused(format!("{failures} of the demo's checks failed"))),
        Err(error) => Err(CliError::environment(format!("{error:#}"))),
    }
}

/// Number of checks that failed.
fn demo(args: &DemoArgs, history: Option<Market>) -> Result<usize> {
    let interrupt = Interrupt::listen()?;
    println!(
        "Ballast demo: a local chain, vaults, a market that moves and a keeper. Ctrl-C stops all of it."
    );
    let dir = bring_up::demo_dir(args);
    let people = People::gather(&dir)?;
    let net = bring_up::start_chain(args, people.deployer.address())?;
    // Drops last: whatever happens below, the chain ends with this function.
    let outcome = on_chain(args, history, &interrupt, &people, &net, &dir);
    let outcome = match outcome {
        // The chain outlives Ctrl-C by a few seconds only: what fails then is no failure.
        Err(_) if interrupt.is_set() => Ok(0),
        outcome => outcome,
    };
    match net.stop() {
        Ok(()) => println!("Stopped."),
        Err(error) => eprintln!("error: {error}"),
    }
    outcome
}

fn on_chain(
    args: &DemoArgs,
    history: Option<Market>,
    interrupt: &Interrupt,
    people: &People,
    net: &LocalNet,
    dir: &Path,
) -> Result<usize> {
    let (market, venues) = bring_up::open_market(args, history, net)?;
    if interrupt.is_set() {
        return Ok(0);
    }
    bring_up::fund(net, people)?;
    let wallet = CommandLine::new(net.rpc_url(), people.wallet.path.clone())?;
    bring_up::migrate(net, people, dir)?;
    if interrupt.is_set() {
        return Ok(0);
    }
    bring_up::deposit(&wallet)?;
    let (chain, keepers) = bring_up::seat_keepers(net, &people.keeper, dir)?;
    let mut demo = Demo {
        started_ts: net.clock()?.unix_ts,
        hints: hints(net, &wallet),
        net,
        venues,
        market,
        keepers,
        chain,
        wallet: wallet.clone(),
        wallet_key: people.wallet.address(),
    };
    println!();
    let pace = Pace {
        total: args.for_secs.map(Duration::from_secs),
        speed: args.speed,
        interrupt: interrupt.clone(),
    };
    let mut outcome = live::run(&mut demo, &pace)?;
    if outcome.ending == Ending::TimeUp {
        look_from_outside(&wallet, &mut outcome);
    }
    Ok(conclude(&outcome))
}

/// What somebody at another terminal sees: every vault, through JSON-RPC.
fn look_from_outside(wallet: &CommandLine, outcome: &mut Outcome) {
    for vault in vault_keeper::vaults() {
        if let Err(error) = wallet.run(&["vault", "show", &vault.name]) {
            outcome.tally.wallet_errors.push(format!("{error:#}"));
        }
    }
}

fn hints(net: &LocalNet, wallet: &CommandLine) -> Vec<String> {
    vec![
        format!("JSON-RPC {} · WebSocket {} · page {}", net.rpc_url(), net.ws_url(), net.page_url()),
        format!("try: {}", wallet.typed("vault show usdc/balanced")),
        format!("     {}", wallet.typed("deposit usdc/growth \"1000 USDC\"")),
    ]
}

/// Prints the summary. Returns the number of failures.
fn conclude(outcome: &Outcome) -> usize {
    let tally = &outcome.tally;
    println!();
    println!("Summary");
    println!("  market     {} steps of an hour", tally.market_steps);
    println!("  keeper     {} decisions recorded, {} moves of funds executed", tally.decisions, tally.moves);
    let books = match tally.conservation_broken.len() {
        0 => "they add up".to_owned(),
        count => format!("they did not add up {count} times"),
    };
    println!("  books      checked {} times: {books}", tally.conservation_checks);
    println!("  wallet     {}", tally.withdrawn.as_deref().unwrap_or("did not withdraw"));
    for vault in &outcome.vaults {
        println!("  {:<18} {}, share price {}", vault.name, vault.assets, status::price(vault.share_price));
    }
    for error in &tally.keeper_errors {
        println!("  note: {error}");
    }
    if outcome.ending == Ending::HistoryOver {
        println!("  the history is over");
    }
    let cut_short = outcome.ending != Ending::TimeUp;
    let failures = tally.failures(cut_short);
    if failures.is_empty() {
        println!("{}", if cut_short { "Ended early; nothing had failed." } else { "Everything worked." });
    }
    for failure in &failures {
        println!("  FAILED: {failure}");
    }
    failures.len()
}
