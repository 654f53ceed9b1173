//! A vault with everything that its transactions need, read from the chain.

use ballast_client::instruction::refresh_allocation;
use ballast_client::state::{Allocation, PriceGuard, Strategy, Vault};
use ballast_client::venue::{PriceAccounts, VenueError};
use ballast_client::{
    AccountError, CallError, ChainAccount, ChainClient, VenueAccounts, address, decode_history,
    decode_price_guard, decode_strategy, decode_vault,
};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// Why a vault's state could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The chain did not answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// An account is missing.
    #[error("{what} {key} does not exist")]
    Missing {
        /// What was expected there.
        what: &'static str,
        /// Where.
        key: Pubkey,
    },
    /// An account is not what it should be.
    #[error("{key}: {source}")]
    Decode {
        /// The account.
        key: Pubkey,
        /// What is wrong with it.
        source: AccountError,
    },
    /// A strategy's venue accounts cannot be put together.
    #[error("strategy {strategy}: {why}")]
    Venue {
        /// The strategy.
        strategy: Pubkey,
        /// The cause.
        why: VenueError,
    },
    /// The vault's counters make no sense together.
    #[error("vault {vault} cannot be priced: {why}")]
    Unpriceable {
        /// The vault.
        vault: Pubkey,
        /// The program's words.
        why: String,
    },
}

/// One slot of a vault.
#[derive(Clone, Debug)]
pub struct SlotSetup {
    /// Its index.
    pub index: u8,
    /// Address of its strategy.
    pub strategy_key: Pubkey,
    /// Its strategy.
    pub strategy: Strategy,
    /// The venue's accounts.
    pub venue: VenueAccounts,
}

/// A vault and its slots.
#[derive(Clone, Debug)]
pub struct VaultSetup {
    /// Address.
    pub key: Pubkey,
    /// The vault as last read.
    pub vault: Vault,
    /// Its slots in use.
    pub slots: Vec<SlotSetup>,
    /// Whether it has a history, for refreshes to write into.
    pub has_history: bool,
}

impl VaultSetup {
    /// Reads the vault at `key`.
    pub fn load(chain: &dyn ChainClient, key: Pubkey) -> Result<Self, SetupError> {
        let vault = decode(chain.account(&key)?.as_ref(), "vault", &key, decode_vault)?;
        let used: Vec<&Allocation> = vault.active().collect();
        let strategy_keys: Vec<Pubkey> = used.iter().map(|slot| slot.strategy).collect();
        let strategies = chain
            .accounts(&strategy_keys)?
            .iter()
            .zip(&strategy_keys)
            .map(|(account, key)| decode(account.as_ref(), "strategy", key, decode_strategy))
            .collect::<Result<Vec<_>, _>>()?;
        let roots: Vec<Pubkey> = strategies.iter().map(Strategy::root).collect();
        let found = chain.accounts(&roots)?;
        let mut slots = Vec::with_capacity(used.len());
        for (index, (allocation, (strategy, root))) in
            (0u8..).zip(used.into_iter().zip(strategies.into_iter().zip(found)))
        {
            let root = root.map(|account| account.data).unwrap_or_default();
            let prices = prices(chain, &strategy)?;
            let venue = VenueAccounts::new(&key, allocation, &strategy, &root, prices)
                .map_err(|why| SetupError::Venue { strategy: allocation.strategy, why })?;
            slots.push(SlotSetup { index, strategy_key: allocation.strategy, strategy, venue });
        }
        let history = chain.account(&address::history(&key))?;
        let has_history = history.is_some_and(|account| decode_history(&account.data).is_ok());
        Ok(Self { key, vault, slots, has_history })
    }

    /// The instruction that refreshes `slot`.
    pub fn refresh(&self, slot: &SlotSetup) -> Option<Instruction> {
        let allocation = self.vault.allocations.get(usize::from(slot.index))?;
        Some(refresh_allocation(self.key, allocation, slot.index, &slot.venue, self.has_history))
    }

    /// Refreshes of the slots that `wanted` picks, in order.
    pub fn refreshes(&self, wanted: impl Fn(u8, &Allocation) -> bool) -> Vec<Instruction> {
        self.slots
            .iter()
            .zip(&self.vault.allocations)
            .filter(|(slot, allocation)| wanted(slot.index, allocation))
            .filter_map(|(slot, _)| self.refresh(slot))
            .collect()
    }

    /// Refreshes of everything that pricing the vault needs, and of the slot `also`.
    pub fn refreshes_with(&self, also: Option<u8>) -> Vec<Instruction> {
        self.refreshes(|index, allocation| !allocation.is_empty() || also == Some(index))
    }

    /// Every account that the vault's transactions name: what a lookup table for it should hold.
    pub fn table_addresses(&self) -> Vec<Pubkey> {
        let own = [
            self.key,
            self.vault.asset_mint,
            self.vault.idle_account,
            self.vault.token_program,
            address::history(&self.key),
            address::event_authority(),
            address::PROGRAM,
            address::SYSTEM,
        ];
        let mut all: Vec<Pubkey> = own.to_vec();
        for (slot, allocation) in self.slots.iter().zip(&self.vault.allocations) {
            all.extend([slot.strategy_key, allocation.receipt_account]);
            all.extend(slot.venue.movement.iter().map(|meta| meta.pubkey));
        }
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|key| seen.insert(*key));
        all
    }
}

/// The price accounts of a strategy that needs them, as its guards pin them.
fn prices(chain: &dyn ChainClient, strategy: &Strategy) -> Result<Option<PriceAccounts>, SetupError> {
    if strategy.leg_mint == Pubkey::default() {
        return Ok(None);
    }
    let [leg, asset] = [strategy.leg_mint, strategy.asset_mint].map(|mint| address::price_guard(&mint));
    let found = chain.accounts(&[leg, asset])?;
    let guard = |index: usize, key: &Pubkey| -> Result<PriceGuard, SetupError> {
        decode(found.get(index).and_then(Option::as_ref), "price guard", key, decode_price_guard)
    };
    Ok(Some(PriceAccounts { leg: guard(0, &leg)?.account, asset: guard(1, &asset)?.account }))
}

/// Decodes an account that must be there.
pub fn decode<T>(
    account: Option<&ChainAccount>,
    what: &'static str,
    key: &Pubkey,
    read: impl Fn(&[u8]) -> Result<T, AccountError>,
) -> Result<T, SetupError> {
    let account = account.ok_or(SetupError::Missing { what, key: *key })?;
    // Another program could copy our discriminators into accounts of its own.
    if account.owner != address::PROGRAM {
        return Err(SetupError::Decode { key: *key, source: AccountError::WrongType(what) });
    }
    read(&account.data).map_err(|source| SetupError::Decode { key: *key, source })
}
