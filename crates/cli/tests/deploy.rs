//! Deployments through the real loader of the local chain: first, again, interrupted, upgraded, refused.

#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ballast_cli::deploy::buffer::{self, Piece};
use ballast_cli::deploy::{Cost, Deployed, Release, Signers, deploy, upgrade};
use ballast_cli::migrate::resolve::resolve;
use ballast_cli::migrate::{KeyRing, Migration, PlanFile, Status, migrate};
use ballast_client::{
    CallError, ChainAccount, ChainClient, ChainClock, Landed, Simulated, address, decode_config,
};
use ballast_localnet::{LocalNet, LocalNetConfig, ProgramDeploy};
use ballast_rpc::RpcChain;
use ballast_rpc::send::SendPolicy;
use ballast_sandbox::elf::deploy_dir;
use ballast_sandbox::{Programs, World};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

const SOL: u64 = 1_000_000_000;

/// The local chain, and who deploys to it.
struct Place {
    // Dropped first: nothing may ask a chain that is gone.
    chain: RpcChain,
    payer: Keypair,
    authority: Keypair,
    net: LocalNet,
}

impl Place {
    fn with(deploy: Vec<ProgramDeploy>) -> Self {
        let config = LocalNetConfig { port: 0, slot_time_ms: 100, deploy, ..LocalNetConfig::default() };
        let net = LocalNet::start(config).expect("the local chain starts");
        let (payer, authority) = (key(1), key(2));
        net.airdrop(&payer.pubkey(), 100 * SOL).unwrap();
        let policy = SendPolicy { poll_every: Duration::from_millis(50), ..SendPolicy::default() };
        Self { chain: RpcChain::new(&net.rpc_url(), policy), payer, authority, net }
    }

    fn new() -> Self {
        Self::with(Vec::new())
    }

    fn lamports(&self) -> u64 {
        self.chain.account(&self.payer.pubkey()).unwrap().map_or(0, |account| account.lamports)
    }
}

fn key(seed: u8) -> Keypair {
    Keypair::new_from_array([seed; 32])
}

fn file(name: &str) -> PathBuf {
    deploy_dir().join(format!("{name}.so"))
}

fn bytecode(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).expect("bytecode: run cargo xtask build")
}

fn release<'a>(program: &Keypair, authority: &Keypair, bytecode: &'a [u8]) -> Release<'a> {
    Release { program: program.pubkey(), authority: authority.pubkey(), bytecode, headroom_bps: 2_500 }
}

fn found(chain: &dyn ChainClient, program: &Keypair) -> Deployed {
    Deployed::read(chain, &program.pubkey()).unwrap().expect("the program is there")
}

/// A chain that stops answering after so many transactions, and counts them.
struct Cut<'a> {
    chain: &'a mut RpcChain,
    left: usize,
    sent: usize,
}

impl ChainClient for Cut<'_> {
    fn accounts(&self, keys: &[Pubkey]) -> Result<Vec<Option<ChainAccount>>, CallError> {
        self.chain.accounts(keys)
    }

    fn clock(&self) -> Result<ChainClock, CallError> {
        self.chain.clock()
    }

    fn simulate(
        &mut self,
        payer: &Pubkey,
        instructions: &[Instruction],
        watched: &[Pubkey],
    ) -> Result<Simulated, CallError> {
        self.chain.simulate(payer, instructions, watched)
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&dyn Signer]) -> Result<Landed, CallError> {
        if self.left == self.sent {
            return Err(CallError::Unreachable("the line was cut".to_owned()));
        }
        self.sent += 1;
        self.chain.send(instructions, signers)
    }

    fn pause(&self) {
        self.chain.pause();
    }
}

#[test]
fn a_program_is_deployed_byte_for_byte_at_the_foretold_price_and_then_upgraded() {
    let mut place = Place::new();
    let (program, first, second) = (key(3), bytecode("pass_through"), bytecode("kamino_lend"));
    let release_1 = release(&program, &place.authority, &first);
    // Somebody with no more than what is foretold, and a lamport or so a transaction for priority.
    place.payer = key(8);
    let payer = place.payer.pubkey();
    let cost = Cost::of_deploy(&place.chain, &release_1, &payer).unwrap();
    place.net.airdrop(&payer, cost.at_once() + 1_000).unwrap();
    let signers = Signers { payer: &place.payer, authority: &place.authority, program: Some(&program) };
    let before = place.lamports();
    let mut said = Vec::new();
    let mut note = |what: &str| said.push(what.to_owned());
    deploy(&mut place.chain, &release_1, &signers, &mut note).unwrap();
    let there = found(&place.chain, &program);
    assert!(there.runs(&first) && there.authority == Some(place.authority.pubkey()));
    assert_eq!(there.code.len(), first.len() + first.len().div_ceil(4), "a quarter of headroom");
    assert!(said.iter().any(|line| line.contains("pieces to buffer")), "{said:?}");
    let buffer = buffer::address(&release_1).unwrap();
    let gone = place.chain.account(&buffer).unwrap();
    assert!(gone.is_none_or(|account| account.lamports == 0), "the buffer's rent came back");
    let paid = before - place.lamports();
    // Priority fees are a lamport or so each here.
    assert!(paid >= cost.program && paid <= cost.program + cost.fees + 1_000, "{paid} of {cost:?}");

    place.net.airdrop(&payer, 10 * SOL).unwrap();
    // Eight times as long: room has to be made first.
    let release_2 = release(&program, &place.authority, &second);
    let signers = Signers { program: None, ..signers };
    upgrade(&mut place.chain, &release_2, &there, &signers, &mut |_| {}).unwrap();
    let there = found(&place.chain, &program);
    assert!(there.runs(&second) && !there.runs(&first));

    // And back: nothing of the longer one is left behind.
    upgrade(&mut place.chain, &release_1, &there, &signers, &mut |_| {}).unwrap();
    assert!(found(&place.chain, &program).runs(&first));
}

#[test]
#[ignore = "takes minutes: the local chain is slow with accounts of a megabyte"]
fn the_program_itself_is_deployed_at_a_throw_away_address() {
    let mut place = Place::new();
    let (program, code) = (key(3), bytecode("ballast"));
    let release = release(&program, &place.authority, &code);
    let signers = Signers { payer: &place.payer, authority: &place.authority, program: Some(&program) };
    let start = std::time::Instant::now();
    deploy(&mut place.chain, &release, &signers, &mut |what| println!("{:?}: {what}", start.elapsed()))
        .unwrap();
    assert!(found(&place.chain, &program).runs(&code));
}

#[test]
fn an_interrupted_deployment_goes_on_where_it_was() {
    let mut place = Place::new();
    let (program, code) = (key(3), bytecode("raydium_cpmm"));
    let release = release(&program, &place.authority, &code);
    let signers = Signers { payer: &place.payer, authority: &place.authority, program: Some(&program) };
    let all = Piece::missing(None, &code).len();
    let half = all / 2;
    // One transaction makes the buffer.
    let mut cut = Cut { chain: &mut place.chain, left: half + 1, sent: 0 };
    let error = deploy(&mut cut, &release, &signers, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("the line was cut"), "{error}");
    let buffer = buffer::address(&release).unwrap();
    let account = place.chain.account(&buffer).unwrap();
    assert_eq!(Piece::missing(account.as_ref(), &code).len(), all - half);
    assert_eq!(Deployed::read(&place.chain, &program.pubkey()).unwrap(), None);

    let mut rest = Cut { chain: &mut place.chain, left: usize::MAX, sent: 0 };
    deploy(&mut rest, &release, &signers, &mut |_| {}).unwrap();
    // The pieces that were missing, and the deployment.
    assert_eq!(rest.sent, all - half + 1);
    assert!(found(&place.chain, &program).runs(&code));
}

#[test]
fn only_the_right_keys_deploy_and_upgrade() {
    let mut place = Place::new();
    let (program, stranger) = (key(3), key(4));
    let (first, second) = (bytecode("pass_through"), bytecode("raydium_cpmm"));
    let first = release(&program, &place.authority, &first);
    let signers = Signers { payer: &place.payer, authority: &place.authority, program: Some(&program) };
    let wrong = Signers { program: Some(&stranger), ..signers };
    let error = deploy(&mut place.chain, &first, &wrong, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains(&program.pubkey().to_string()) && error.contains("own key"), "{error}");
    let wrong = Signers { authority: &stranger, ..signers };
    let error = deploy(&mut place.chain, &first, &wrong, &mut |_| {}).unwrap_err().to_string();
    assert!(
        error.contains(&place.authority.pubkey().to_string()) && error.contains("has to sign"),
        "{error}"
    );
    assert_eq!(place.chain.account(&buffer::address(&first).unwrap()).unwrap(), None, "nothing was sent");

    deploy(&mut place.chain, &first, &signers, &mut |_| {}).unwrap();
    let there = found(&place.chain, &program);
    let theirs = release(&program, &stranger, &second);
    let wrong = Signers { authority: &stranger, ..signers };
    let error = upgrade(&mut place.chain, &theirs, &there, &wrong, &mut |_| {}).unwrap_err().to_string();
    for name in [&place.authority, &stranger] {
        assert!(error.contains(&name.pubkey().to_string()), "{error}");
    }
    assert_eq!(found(&place.chain, &program), there);
}

/// A plan of authorities and a model, in the repository's own folder of plans.
fn plan(program: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/test.toml");
    let text = format!(
        "[cluster]\nname = \"test\"\n\n[authorities]\nupgrade_authority = \"key:authority\"\n\
         governance = \"key:governance\"\nguardian = \"key:guardian\"\n\n[program]\n{program}\n\n\
         [[model]]\nfile = \"../models/plain-v1.toml\"\n"
    );
    (path, text)
}

fn run(
    chain: &mut dyn ChainClient,
    payer: &Keypair,
    program: &str,
    dry_run: bool,
) -> Result<Migration, String> {
    let (path, text) = plan(program);
    let mut keys = KeyRing::new(payer.insecure_clone());
    for (name, seed) in [("authority", 2), ("governance", 5), ("guardian", 6), ("program", 7)] {
        keys.add(name, key(seed));
    }
    let plan = resolve(&PlanFile::parse(&text, &path).unwrap(), &path, &mut keys).unwrap();
    migrate(chain, &plan, &keys, dry_run, &mut |_| {}).map_err(|error| error.to_string())
}

/// A world in process, where a megabyte of bytecode is a matter of seconds; its time passes while one waits.
struct Ticking(RefCell<World>);

impl ChainClient for Ticking {
    fn accounts(&self, keys: &[Pubkey]) -> Result<Vec<Option<ChainAccount>>, CallError> {
        self.0.borrow().accounts(keys)
    }

    fn clock(&self) -> Result<ChainClock, CallError> {
        ChainClient::clock(&*self.0.borrow())
    }

    fn simulate(
        &mut self,
        payer: &Pubkey,
        instructions: &[Instruction],
        watched: &[Pubkey],
    ) -> Result<Simulated, CallError> {
        ChainClient::simulate(self.0.get_mut(), payer, instructions, watched)
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&dyn Signer]) -> Result<Landed, CallError> {
        ChainClient::send(self.0.get_mut(), instructions, signers)
    }

    fn pause(&self) {
        self.0.borrow_mut().next_slot();
    }
}

fn status(migration: &Migration) -> &Status {
    &migration.items.iter().find(|item| item.what.starts_with("program ")).unwrap().status
}

#[test]
fn a_migration_upgrades_the_program_only_when_told_to_and_then_goes_on() {
    let mut world = World::new(&Programs::load().unwrap(), 1_700_000_000).unwrap();
    world.deploy(&address::PROGRAM, &bytecode("raydium_cpmm")).unwrap();
    world.set_upgrade_authority(&key(2).pubkey()).unwrap();
    // The loader changes no program twice in one slot.
    world.next_slot();
    let payer = world.payer.insecure_clone();
    let mut chain = Ticking(RefCell::new(world));
    let held = run(&mut chain, &payer, "", true).unwrap();
    assert!(matches!(status(&held), Status::Held(lines) if lines[0].contains("bytecode: ")), "{held:?}");

    let dry = run(&mut chain, &payer, "upgrade = true", true).unwrap();
    let item = &dry.items[0];
    assert!(matches!(item.status, Status::Differs(_)) && dry.applied.is_empty());
    assert!(item.notes.iter().any(|note| note.contains("the payer needs")), "{:?}", item.notes);

    let done = run(&mut chain, &payer, "upgrade = true", false).unwrap();
    assert!(done.applied[0].what[0].starts_with("upgraded program"), "{:?}", done.applied);
    let there = Deployed::read(&chain, &address::PROGRAM).unwrap().unwrap();
    assert!(there.runs(&bytecode("ballast")));
    // Initialised by what was deployed a moment ago.
    let config = chain.account(&address::config()).unwrap().unwrap();
    assert_eq!(decode_config(&config.data).unwrap().governance, key(5).pubkey());

    let again = run(&mut chain, &payer, "upgrade = true", false).unwrap();
    assert!(again.applied.is_empty() && *status(&again) == Status::Same, "{again:?}");
}

#[test]
fn what_the_local_chain_puts_there_is_what_a_plan_means() {
    let put = ProgramDeploy {
        program_id: address::PROGRAM,
        so_path: file("ballast"),
        upgrade_authority: Some(key(2).pubkey()),
    };
    let mut place = Place::with(vec![put]);
    let payer = place.payer.insecure_clone();
    let done = run(&mut place.chain, &payer, "", false).unwrap();
    assert_eq!(*status(&done), Status::Same);
    assert!(place.chain.account(&address::config()).unwrap().is_some());
    let again = run(&mut place.chain, &payer, "", false).unwrap();
    assert!(again.applied.is_empty(), "{again:?}");
}

#[test]
fn without_the_programs_key_a_migration_says_which_and_how_to_get_one() {
    let mut place = Place::new();
    let (program, payer) = (address::PROGRAM.to_string(), place.payer.insecure_clone());
    for (text, problem) in [("", "names no key"), ("keypair = \"key:program\"", "must match")] {
        let error = run(&mut place.chain, &payer, text, false).unwrap_err();
        assert!(error.contains("nothing was done") && error.contains(problem), "{error}");
        assert!(error.contains(&program) && error.contains("declare_id!"), "{error}");
    }
}
