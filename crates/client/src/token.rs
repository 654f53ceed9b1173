//! The few token and system instructions that people's transactions need around Ballast's own, and reading
//! of mints and token accounts. The layouts are those of SPL Token, which Token-2022 shares.

use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::address;

/// Bytes of a token account without extensions.
pub const TOKEN_ACCOUNT_LEN: usize = 165;

/// Makes `owner`'s associated token account for `mint`, unless it is there.
pub fn create_token_account(
    payer: &Pubkey,
    owner: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Instruction {
    const CREATE_IDEMPOTENT: u8 = 1;
    Instruction {
        program_id: address::ASSOCIATED_TOKEN,
        accounts: vec![
            AccountMeta::new(*payer, true),
            AccountMeta::new(address::token_account(owner, mint, token_program), false),
            AccountMeta::new_readonly(*owner, false),
            AccountMeta::new_readonly(*mint, false),
            AccountMeta::new_readonly(address::SYSTEM, false),
            AccountMeta::new_readonly(*token_program, false),
        ],
        data: vec![CREATE_IDEMPOTENT],
    }
}

/// Sends lamports from `from`, which signs.
pub fn transfer_lamports(from: &Pubkey, to: &Pubkey, lamports: u64) -> Instruction {
    const TRANSFER: u32 = 2;
    Instruction {
        program_id: address::SYSTEM,
        accounts: vec![AccountMeta::new(*from, true), AccountMeta::new(*to, false)],
        data: [TRANSFER.to_le_bytes().as_slice(), &lamports.to_le_bytes()].concat(),
    }
}

/// Writes lamports sent to a wrapped-SOL account into its balance.
pub fn sync_native(account: &Pubkey) -> Instruction {
    const SYNC_NATIVE: u8 = 17;
    Instruction {
        program_id: address::TOKEN,
        accounts: vec![AccountMeta::new(*account, false)],
        data: vec![SYNC_NATIVE],
    }
}

/// Closes a token account of `owner`'s, who signs and gets its lamports: this unwraps wrapped SOL.
pub fn close_account(account: &Pubkey, owner: &Pubkey) -> Instruction {
    const CLOSE_ACCOUNT: u8 = 9;
    Instruction {
        program_id: address::TOKEN,
        accounts: vec![
            AccountMeta::new(*account, false),
            AccountMeta::new(*owner, false),
            AccountMeta::new_readonly(*owner, true),
        ],
        data: vec![CLOSE_ACCOUNT],
    }
}

/// Wraps `lamports` of `owner`'s SOL into their associated token account, which is made if absent.
pub fn wrap_sol(owner: &Pubkey, lamports: u64) -> [Instruction; 3] {
    let account = address::token_account(owner, &address::WRAPPED_SOL, &address::TOKEN);
    [
        create_token_account(owner, owner, &address::WRAPPED_SOL, &address::TOKEN),
        transfer_lamports(owner, &account, lamports),
        sync_native(&account),
    ]
}

/// Balance in a token account's data, atoms. `None` when it is not an initialised token account.
pub fn token_balance(data: &[u8]) -> Option<u64> {
    const STATE: usize = 108;
    if data.len() < TOKEN_ACCOUNT_LEN || data.get(STATE).is_none_or(|state| *state == 0) {
        return None;
    }
    read_u64(data, 64)
}

/// Decimals in a mint's data. `None` when it is not an initialised mint.
pub fn mint_decimals(data: &[u8]) -> Option<u8> {
    const DECIMALS: usize = 44;
    const INITIALISED: usize = 45;
    (data.get(INITIALISED) == Some(&1)).then(|| data.get(DECIMALS).copied())?
}

fn read_u64(data: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*data.get(offset..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balances_and_decimals_are_read_from_sound_accounts_only() {
        let mut account = vec![0; TOKEN_ACCOUNT_LEN];
        assert_eq!(token_balance(&account), None);
        account[108] = 1;
        account[64..72].copy_from_slice(&7u64.to_le_bytes());
        assert_eq!(token_balance(&account), Some(7));
        assert_eq!(token_balance(&account[..164]), None);
        let mut mint = vec![0; 82];
        assert_eq!(mint_decimals(&mint), None);
        (mint[44], mint[45]) = (6, 1);
        assert_eq!(mint_decimals(&mint), Some(6));
        assert_eq!(mint_decimals(&mint[..40]), None);
    }

    #[test]
    fn wrapping_pays_into_the_owners_own_account() {
        let owner = Pubkey::new_from_array([7; 32]);
        let [create, transfer, sync] = wrap_sol(&owner, 5);
        let account = create.accounts[1].pubkey;
        assert_eq!((transfer.accounts[1].pubkey, sync.accounts[0].pubkey), (account, account));
        assert_eq!(transfer.data, [2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    }
}
