//! What a bad venue does beyond its business.

use anchor_shape::token::TokenAccount;
use solana_program::account_info::AccountInfo;
use solana_program::entrypoint::ProgramResult;
use solana_program::instruction::{AccountMeta, Instruction};
use solana_program::program::{invoke, invoke_signed};
use solana_program::pubkey::{Pubkey, pubkey};

const BALLAST: Pubkey = pubkey!("BLSTdDHFeGbMnVQ2hdLhTNcnAVBSp2UvWdtPGmVk4Dqn");
const SYSTEM: Pubkey = pubkey!("11111111111111111111111111111111");
const MARK: [u8; 6] = *b"MALICE";

/// One kind of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Does not even do its business, and reports success.
    Nothing,
    /// Leaves itself a delegate.
    Approve,
    /// Leaves itself a close authority.
    CloseAuthority,
    /// Takes the account.
    Owner,
    /// Takes one atom more.
    Take,
    /// Takes all that is there.
    TakeAll,
    /// Freezes the account.
    Freeze,
    /// Makes its own root account longer.
    Grow,
    /// Cuts its own root account short.
    Shrink,
    /// Calls Ballast from within Ballast's call.
    Reenter,
    /// Assigns a system account that signs to itself.
    Assign,
}

impl Attack {
    /// Every kind, in the order of the byte that stands for it.
    pub const ALL: [Self; 11] = [
        Self::Nothing,
        Self::Approve,
        Self::CloseAuthority,
        Self::Owner,
        Self::Take,
        Self::TakeAll,
        Self::Freeze,
        Self::Grow,
        Self::Shrink,
        Self::Reenter,
        Self::Assign,
    ];
}

/// An attack, and on which of the token accounts that a signer owns, counted in the instruction's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// What to do.
    pub attack: Attack,
    /// To which account.
    pub target: u8,
}

impl Order {
    /// Writes the order into the last bytes of a root account.
    pub fn write(&self, root: &mut [u8]) {
        let number = Attack::ALL.iter().position(|attack| *attack == self.attack).unwrap_or(0);
        let bytes = [MARK.as_slice(), &[number as u8, self.target]].concat();
        if let Some(place) = root.last_chunk_mut::<8>() {
            place.copy_from_slice(&bytes);
        }
    }

    /// The order in one of the program's own accounts, and that account.
    pub fn find<'a, 'info>(
        program_id: &Pubkey,
        accounts: &'a [AccountInfo<'info>],
    ) -> Option<(Self, &'a AccountInfo<'info>)> {
        accounts.iter().filter(|account| account.owner == program_id).find_map(|account| {
            let data = account.try_borrow_data().ok()?;
            let [mark @ .., attack, target] = data.last_chunk::<8>()?;
            let attack = *Attack::ALL.get(usize::from(*attack))?;
            (*mark == MARK).then_some((Self { attack, target: *target }, account))
        })
    }

    /// Does it. Where the instruction has no such account it is the venue's ordinary business only.
    pub fn carry_out(
        &self,
        program_id: &Pubkey,
        root: &AccountInfo,
        accounts: &[AccountInfo],
    ) -> ProgramResult {
        match self.attack {
            Attack::Nothing => Ok(()),
            Attack::Grow if root.is_writable => root.resize(root.data_len() + 1),
            Attack::Shrink if root.is_writable => root.resize(100),
            Attack::Grow | Attack::Shrink => Ok(()),
            Attack::Reenter => {
                invoke(&Instruction { program_id: BALLAST, accounts: vec![], data: vec![0; 8] }, accounts)
            }
            Attack::Assign => assign(program_id, accounts),
            _ => match self.target(accounts) {
                Some((target, owner)) => self.strike(root, accounts, target, owner),
                None => Ok(()),
            },
        }
    }

    /// The token account and the signer that owns it.
    fn target<'a, 'info>(
        &self,
        accounts: &'a [AccountInfo<'info>],
    ) -> Option<(&'a AccountInfo<'info>, &'a AccountInfo<'info>)> {
        let mut seen: Vec<Pubkey> = Vec::new();
        let own = accounts.iter().filter_map(|account| {
            let token = TokenAccount::read(account).ok()?;
            let owner = accounts.iter().find(|owner| owner.is_signer && *owner.key == token.owner)?;
            let first = !seen.contains(account.key);
            seen.push(*account.key);
            first.then_some((account, owner))
        });
        own.into_iter().nth(usize::from(self.target))
    }

    fn strike(
        &self,
        root: &AccountInfo,
        accounts: &[AccountInfo],
        target: &AccountInfo,
        owner: &AccountInfo,
    ) -> ProgramResult {
        const OWNER: u8 = 2;
        const CLOSE: u8 = 3;
        let token = TokenAccount::read(target)?;
        let set_authority = |kind: u8| {
            let data = [&[6, kind, 1], root.key.as_ref()].concat();
            (vec![AccountMeta::new(*target.key, false), AccountMeta::new_readonly(*owner.key, true)], data)
        };
        let (metas, data) = match self.attack {
            Attack::Approve => (
                vec![
                    AccountMeta::new(*target.key, false),
                    AccountMeta::new_readonly(*root.key, false),
                    AccountMeta::new_readonly(*owner.key, true),
                ],
                amount(4, u64::MAX),
            ),
            Attack::CloseAuthority => set_authority(CLOSE),
            Attack::Owner => set_authority(OWNER),
            Attack::Freeze => return freeze(accounts, target, &token.mint),
            Attack::Take | Attack::TakeAll => {
                let atoms = if self.attack == Attack::Take { 1 } else { token.amount_atoms };
                let is_thiefs = |account: &&AccountInfo| {
                    TokenAccount::read(account)
                        .is_ok_and(|other| other.mint == token.mint && other.owner != token.owner)
                };
                let owner = AccountMeta::new_readonly(*owner.key, true);
                match accounts.iter().find(is_thiefs) {
                    Some(thiefs) => (
                        vec![
                            AccountMeta::new(*target.key, false),
                            AccountMeta::new(*thiefs.key, false),
                            owner,
                        ],
                        amount(3, atoms),
                    ),
                    None => (
                        vec![
                            AccountMeta::new(*target.key, false),
                            AccountMeta::new(token.mint, false),
                            owner,
                        ],
                        amount(8, atoms),
                    ),
                }
            }
            _ => return Ok(()),
        };
        invoke(&Instruction { program_id: *target.owner, accounts: metas, data }, accounts)
    }
}

fn amount(tag: u8, atoms: u64) -> Vec<u8> {
    [&[tag], atoms.to_le_bytes().as_slice()].concat()
}

/// Freezes `target` by whichever of the venue's own signers may: a test makes one the mint's freeze authority.
fn freeze(accounts: &[AccountInfo], target: &AccountInfo, mint: &Pubkey) -> ProgramResult {
    let program = *target.owner;
    let metas = |authority: Pubkey| {
        vec![
            AccountMeta::new(*target.key, false),
            AccountMeta::new_readonly(*mint, false),
            AccountMeta::new_readonly(authority, true),
        ]
    };
    let run = |authority: Pubkey, seeds: &[&[u8]]| {
        let freeze = Instruction { program_id: program, accounts: metas(authority), data: vec![10] };
        invoke_signed(&freeze, accounts, &[seeds])
    };
    for account in accounts {
        for (seeds, venue) in [
            ([b"lma".as_slice(), account.key.as_ref()], kamino_lend::ID),
            ([account.key.as_ref(), b"withdraw".as_slice()], crate::stake_pool::ID),
        ] {
            let (authority, bump) = Pubkey::find_program_address(&seeds, &venue);
            if account.owner == &venue && accounts.iter().any(|passed| *passed.key == authority) {
                return run(authority, &[seeds[0], seeds[1], &[bump]]);
            }
        }
    }
    let seeds = [raydium_cpmm::layout::seeds::AUTHORITY, &[raydium_cpmm::AUTHORITY_BUMP]];
    run(raydium_cpmm::AUTHORITY, &seeds)
}

/// Assigns the first system account that signs and may be written to this program.
fn assign(program_id: &Pubkey, accounts: &[AccountInfo]) -> ProgramResult {
    let is_wallet =
        |account: &&AccountInfo| account.is_signer && account.is_writable && *account.owner == SYSTEM;
    let Some(wallet) = accounts.iter().find(is_wallet) else { return Ok(()) };
    let data = [1u32.to_le_bytes().as_slice(), program_id.as_ref()].concat();
    let metas = vec![AccountMeta::new(*wallet.key, true)];
    invoke(&Instruction { program_id: SYSTEM, accounts: metas, data }, accounts)
}
