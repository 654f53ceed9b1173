//! A bank with a sandbox fixture's accounts in it.

use ballast_client::{address, decode_vault};
use ballast_sandbox::chain::rent_exempt;
use ballast_sandbox::oracle::{self, Quote};
use ballast_sandbox::{Chain, ChainError, Fixture, price_account};
use ballast_tests::programs;
use solana_account::{Account, AccountSharedData};
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_program_test::tokio::runtime::{Builder, Runtime};
use solana_program_test::{ProgramTest, ProgramTestContext};
use solana_pubkey::{Pubkey, pubkey};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

/// Slot that a bank starts at here, later than every fixture's.
const FIRST_SLOT: u64 = 20_000;
/// Dollars for a SOL and for a USDC, times 1e8.
const SOL_E8: i64 = 15_000_000_000;
const USDC_E8: i64 = 100_000_000;

/// A bank.
pub struct Bank {
    /// The bank and its clients.
    pub context: ProgramTestContext,
    runtime: Runtime,
}

/// A transaction that went through.
pub struct Landed {
    /// Compute units used.
    pub compute_units: u64,
    /// Size on the wire, bytes.
    pub bytes: usize,
}

impl Chain for Bank {
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, ChainError> {
        self.runtime
            .block_on(self.context.banks_client.get_account(*key))
            .map_err(|why| ChainError::data("bank", why))
    }

    fn set_account(&mut self, key: &Pubkey, account: Account) -> Result<(), ChainError> {
        self.context.set_account(key, &AccountSharedData::from(account));
        Ok(())
    }
}

/// Loader of programs that nobody upgrades, as a bank for tests has them.
const LOADER: Pubkey = pubkey!("BPFLoader2111111111111111111111111111111111");

/// The bytecode as program accounts.
fn program_accounts() -> [(Pubkey, Account); 4] {
    let programs = programs();
    [
        (address::PROGRAM, &programs.ballast),
        (address::KAMINO_LEND, &programs.kamino_lend),
        (address::RAYDIUM_CPMM, &programs.raydium_cpmm),
        (address::SPL_STAKE_POOL, &programs.spl_stake_pool),
    ]
    .map(|(key, elf)| {
        let lamports = rent_exempt(elf.len());
        (key, Account { lamports, data: elf.clone(), owner: LOADER, executable: true, rent_epoch: 0 })
    })
}

/// Whether this account of a sandbox is to be copied: the bank has its own sysvars, features and token programs.
fn is_state(account: &Account) -> bool {
    let owners = [
        address::PROGRAM,
        address::KAMINO_LEND,
        address::RAYDIUM_CPMM,
        address::SPL_STAKE_POOL,
        address::SYSTEM,
        address::TOKEN,
        address::PYTH_RECEIVER,
        pubkey!("Stake11111111111111111111111111111111111111"),
        pubkey!("AddressLookupTab1e1111111111111111111111111"),
    ];
    !account.executable && owners.contains(&account.owner)
}

impl Bank {
    /// A bank with everything of `fixture`, and its prices published now.
    pub fn with(fixture: &Fixture) -> Self {
        let mut test = ProgramTest::default();
        test.prefer_bpf(true);
        // It has just set up a log of every call; failures carry their own.
        log::set_max_level(log::LevelFilter::Off);
        for (key, account) in &fixture.deployment.world.svm.accounts_db().inner {
            let account = Account::from(account.clone());
            if is_state(&account) {
                test.add_account(*key, account);
            }
        }
        program_accounts().into_iter().for_each(|(key, account)| test.add_account(key, account));
        // One thread: the bank's own ticks must not run while this one is being frozen.
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let context = runtime.block_on(test.start_with_context());
        let mut bank = Self { context, runtime };
        bank.warp_to_slot(FIRST_SLOT);
        bank.publish_prices(fixture);
        bank
    }

    /// Makes the vault's last decision one of now: the bank's clock is not the fixture's.
    pub fn renew_decision(&mut self, vault: &Pubkey) {
        let now = self.now();
        let mut state = self.vault(vault);
        state.decision_ts = now;
        let mut account = self.expect_account(vault, "vault").unwrap();
        account.data[8..].copy_from_slice(bytemuck::bytes_of(&state));
        self.set_account(vault, account).unwrap();
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.runtime.block_on(self.context.banks_client.get_sysvar()).unwrap()
    }

    /// Unix time now.
    pub fn now(&self) -> i64 {
        self.clock().unix_timestamp
    }

    /// Publishes the fixture's prices now.
    pub fn publish_prices(&mut self, fixture: &Fixture) {
        let now = self.now();
        for (mint, price) in [(address::WRAPPED_SOL, SOL_E8), (fixture.usdc, USDC_E8)] {
            oracle::publish(self, &price_account(&mint), mint.to_bytes(), Quote::at(price, 1, now)).unwrap();
        }
    }

    /// Goes on to `slot`.
    pub fn warp_to_slot(&mut self, slot: u64) {
        let _guard = self.runtime.enter();
        self.context.warp_to_slot(slot).unwrap();
    }

    /// Goes on to the first slot of the next epoch. Returns its number.
    pub fn warp_to_next_epoch(&mut self) -> u64 {
        let epoch = self.clock().epoch + 1;
        let _guard = self.runtime.enter();
        self.context.warp_to_epoch(epoch).unwrap();
        epoch
    }

    /// Lets the distribution of the last epoch's staking rewards, at the beginning of this one, end.
    pub fn finish_reward_distribution(&mut self) {
        let _guard = self.runtime.enter();
        self.context.warp_forward_force_reward_interval_end().unwrap();
    }

    /// The vault at `key`.
    pub fn vault(&self, key: &Pubkey) -> ballast::state::Vault {
        decode_vault(&self.expect_account(key, "vault").unwrap().data).unwrap()
    }

    /// Lamports at `key`; zero where nothing is.
    pub fn lamports(&self, key: &Pubkey) -> u64 {
        self.account(key).unwrap().map_or(0, |account| account.lamports)
    }

    /// A new key with a hundred SOL.
    pub fn wallet(&mut self) -> Keypair {
        let key = Keypair::new();
        let account = Account { lamports: 100_000_000_000, ..Account::default() };
        self.set_account(&key.pubkey(), account).unwrap();
        key
    }

    /// Sends `instructions` in one transaction with a lookup table, signed by `signers` and the bank's payer.
    pub fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        table: Option<&AddressLookupTableAccount>,
    ) -> Result<Landed, TransactionError> {
        let blockhash = self.runtime.block_on(self.context.get_new_latest_blockhash()).unwrap();
        let payer = self.context.payer.insecure_clone();
        let tables: Vec<AddressLookupTableAccount> = table.cloned().into_iter().collect();
        let budget =
            solana_compute_budget_interface::ComputeBudgetInstruction::set_compute_unit_limit(1_400_000);
        let all = [&[budget], instructions].concat();
        let message = v0::Message::try_compile(&payer.pubkey(), &all, &tables, blockhash).unwrap();
        let keys: Vec<&Keypair> = std::iter::once(&payer).chain(signers.iter().copied()).collect();
        let transaction = VersionedTransaction::try_new(VersionedMessage::V0(message), &keys).unwrap();
        let bytes = 1 + 64 * transaction.signatures.len() + transaction.message.serialize().len();
        let done = self
            .runtime
            .block_on(self.context.banks_client.process_transaction_with_metadata(transaction))
            .unwrap();
        done.result?;
        Ok(Landed { compute_units: done.metadata.unwrap().compute_units_consumed, bytes })
    }
}

/// Asserts that Ballast's instruction was refused by `rule`.
#[track_caller]
pub fn assert_refused(result: Result<Landed, TransactionError>, rule: ballast::BallastError) {
    match result {
        Err(TransactionError::InstructionError(_, InstructionError::Custom(code))) => {
            assert_eq!(code, u32::from(rule));
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("went through"),
    }
}
