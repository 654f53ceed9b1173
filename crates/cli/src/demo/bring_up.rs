//! From nothing to a chain with vaults, money in them, and keepers at their keepers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ballast_client::address;
use ballast_keeper::ModelFile;
use ballast_localnet::{LocalNet, LocalNetConfig, ProgramDeploy};
use ballast_rpc::RpcChain;
use ballast_rpc::send::SendPolicy;
use ballast_sandbox::{Programs, elf, token};
use indicatif::ProgressBar;
use solana_pubkey::Pubkey;

use super::args::DemoArgs;
use super::command_line::CommandLine;
use super::keys::{NAMES, Someone};
use super::live::moment;
use super::local_chain::LocalChain;
use super::market::Market;
use super::places;
use super::seed::{Venues, seed};
use super::setup_step::step;
use super::vault_keeper::{VaultKeeper, vaults};
use crate::amount::{Unit, grouped};

const SOL: u64 = 1_000_000_000;
const USDC: u64 = 1_000_000;

/// What everybody gets for fees and rent.
const POCKET_MONEY: u64 = 100 * SOL;
/// What the wallet starts with.
const WALLET_LAMPORTS: u64 = 5_000 * SOL;
/// What the wallet starts with.
const WALLET_USDC: u64 = 1_000_000 * USDC;

/// What the deployer has for the vaults' seeds.
const SEED_USDC: u64 = 1_000 * USDC;

/// What the wallet puts where.
const DEPOSITS: [(&str, &str); 4] = [
    ("usdc/conservative", "150,000 USDC"),
    ("usdc/balanced", "250,000 USDC"),
    ("usdc/growth", "200,000 USDC"),
    ("sol/balanced", "1,000 SOL"),
];

/// The demo's people, in the order of [`NAMES`].
pub struct People {
    /// Deploys, and may upgrade.
    pub deployer: Someone,
    /// Raises risk.
    pub governance: Someone,
    /// Lowers it.
    pub guardian: Someone,
    /// Decides.
    pub keeper: Someone,
    /// Gets fees.
    pub treasury: Someone,
    /// Deposits.
    pub wallet: Someone,
}

impl People {
    /// Finds or makes everybody's keys in `dir`.
    pub fn gather(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
        let [deployer, governance, guardian, keeper, treasury, wallet] = NAMES;
        let someone = |name| Someone::find_or_make(dir, name);
        Ok(Self {
            deployer: someone(deployer)?,
            governance: someone(governance)?,
            guardian: someone(guardian)?,
            keeper: someone(keeper)?,
            treasury: someone(treasury)?,
            wallet: someone(wallet)?,
        })
    }
}

/// Where the demo keeps its files: where it is told to, else beside the chain's, in the build folder.
pub fn demo_dir(args: &DemoArgs) -> PathBuf {
    args.dir.clone().unwrap_or_else(|| LocalNetConfig::default().state_dir.with_file_name("demo"))
}

/// Starts the chain with all programs.
pub fn start_chain(args: &DemoArgs, deployer: Pubkey) -> Result<LocalNet> {
    step("chain", |_| {
        // Names what is missing, and how it is made, before anything starts.
        Programs::load()?;
        let dir = elf::deploy_dir();
        let program = |program_id: Pubkey, name: &str| ProgramDeploy {
            program_id,
            so_path: dir.join(format!("{name}.so")),
            upgrade_authority: Some(deployer),
        };
        let net = LocalNet::start(LocalNetConfig {
            port: args.port,
            deploy: vec![
                program(address::PROGRAM, "ballast"),
                program(address::KAMINO_LEND, "kamino_lend"),
                program(address::RAYDIUM_CPMM, "raydium_cpmm"),
                program(address::SPL_STAKE_POOL, "spl_stake_pool"),
            ],
            ..LocalNetConfig::default()
        })?;
        let said = format!("4 programs deployed, JSON-RPC {}, WebSocket {}", net.rpc_url(), net.ws_url());
        Ok((net, said))
    })
}

/// Opens the market and writes mints, prices and venues.
///
/// The chain then jumps into its next epoch, so that the stake pool has a past to be judged by.
pub fn open_market(args: &DemoArgs, history: Option<Market>, net: &LocalNet) -> Result<(Market, Venues)> {
    step("market", |_| {
        let now = net.clock()?;
        let mut market = match history {
            Some(market) => market,
            None => Market::generated(args.seed, now.unix_ts)?,
        };
        let first = market.next_step()?.context("the market has no steps")?;
        let mut chain = LocalChain::new(net);
        let venues = seed(&mut chain, moment(&now), &first)?;
        market.earn_an_epoch(&mut chain, &venues, &first)?;
        let now = net.time_travel_to_epoch(now.epoch.saturating_add(1))?;
        market.apply(&mut chain, &venues, &first, &[], moment(&now))?;
        let source = match &args.data {
            Some(dir) => format!("history in {}", dir.display()),
            None => format!("generated from seed {}", args.seed),
        };
        let said = format!("3 lending reserves, a SOL/USDC pool, a stake pool; {source}");
        if args.data.is_some() {
            for line in market.describe() {
                println!("             {line}");
            }
        }
        Ok(((market, venues), said))
    })
}

/// Gives everybody lamports, and dollars to whom needs them.
pub fn fund(net: &LocalNet, people: &People) -> Result<()> {
    step("people", |_| {
        let People { deployer, governance, guardian, keeper, treasury, wallet } = people;
        for someone in [deployer, governance, guardian, keeper, treasury] {
            net.airdrop(&someone.address(), POCKET_MONEY)?;
        }
        net.airdrop(&wallet.address(), WALLET_LAMPORTS)?;
        let mut chain = LocalChain::new(net);
        token::fund(&mut chain, &wallet.address(), &places::USDC, WALLET_USDC)?;
        // Every vault opens with a seed of the deployer's.
        token::fund(&mut chain, &deployer.address(), &places::USDC, SEED_USDC)?;
        let usdc = Unit::new("USDC", places::USDC_DECIMALS);
        let said = format!(
            "wallet {} has {} and {} SOL",
            wallet.address(),
            usdc.format(WALLET_USDC),
            grouped(&(WALLET_LAMPORTS / SOL).to_string())
        );
        Ok(((), said))
    })
}

/// Makes config, guards, model, strategies and vaults from the plan, as any deployment does.
pub fn migrate(net: &LocalNet, people: &People, keys: &Path) -> Result<()> {
    step("plan", |_| {
        let deployer = CommandLine::new(net.rpc_url(), people.deployer.path.clone())?;
        let plan = plan_path();
        let (plan, keys) = (plan.to_string_lossy(), keys.to_string_lossy());
        let arguments = ["migrate", "--plan", plan.as_ref(), "--keys", keys.as_ref()];
        deployer.run(&arguments)?;
        let names: Vec<String> = vaults().into_iter().map(|vault| vault.name).collect();
        Ok(((), format!("migrations/localnet.toml: vaults {}", names.join(", "))))
    })
}

/// The wallet states its mandate and deposits, through the command line.
pub fn deposit(wallet: &CommandLine) -> Result<()> {
    step("deposits", |spinner: &ProgressBar| {
        wallet.run(&[
            "profile",
            "set",
            "--tolerance",
            "growth",
            "--asset-classes",
            "lending,liquidity,staking",
            "--horizon",
            "5y",
        ])?;
        for (vault, amount) in DEPOSITS {
            spinner.set_message(format!("deposits   {amount} into {vault} …"));
            wallet.run(&["deposit", vault, amount])?;
        }
        let all: Vec<String> =
            DEPOSITS.iter().map(|(vault, amount)| format!("{amount} into {vault}")).collect();
        Ok(((), all.join(", ")))
    })
}

/// Puts a keeper at every vault's vault_keeper.
pub fn seat_keepers<'k>(
    net: &LocalNet,
    keeper: &'k Someone,
    dir: &Path,
) -> Result<(RpcChain, Vec<VaultKeeper<'k>>)> {
    step("keepers", |spinner: &ProgressBar| {
        let mut chain = RpcChain::new(&net.rpc_url(), SendPolicy::default());
        let model = ModelFile::built_in()?;
        // Last run's chain is gone, and so is what was decided on it.
        // By port: two demos at once leave each other's files alone.
        let port = net.rpc_url().rsplit(':').next().unwrap_or_default().to_owned();
        let run_dir = dir.join("keeper").join(port);
        if run_dir.exists() {
            fs::remove_dir_all(&run_dir).with_context(|| format!("clearing {}", run_dir.display()))?;
        }
        let mut keepers = Vec::new();
        for vault in vaults() {
            spinner.set_message(format!("keepers    {} …", vault.name));
            keepers.push(VaultKeeper::open(&mut chain, vault, &model, &keeper.keypair, &run_dir)?);
        }
        let said =
            format!("model {} version {}, inputs kept in {}", model.name, model.version, run_dir.display());
        Ok(((chain, keepers), said))
    })
}

fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Only for a shorter name in messages.
    root.canonicalize().unwrap_or(root)
}

/// The plan that makes the vaults.
pub fn plan_path() -> PathBuf {
    repository().join("migrations/localnet.toml")
}
