//! After the tokens moved: the vault and the books must have moved alike.

use crate::error::LendingError;

/// Vault balance and accounted liquidity at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Balances {
    /// Tokens in the liquidity vault, atoms.
    pub vault_atoms: u64,
    /// Liquidity in the books, atoms.
    pub available_atoms: u64,
}

/// Which way liquidity went.
#[derive(Clone, Copy, Debug)]
pub enum Moved {
    /// Into the reserve, atoms.
    In(u64),
    /// Out of the reserve, atoms.
    Out(u64),
}

/// Fails unless both sides moved by exactly the planned amount. What the vault holds beyond the books
/// (donations) stays what it was; a vault below its books is a mismatch here, an abort in klend.
pub fn require_moved(before: Balances, after: Balances, moved: Moved) -> Result<(), LendingError> {
    let surplus = |balances: Balances| balances.vault_atoms.checked_sub(balances.available_atoms);
    match (surplus(before), surplus(after)) {
        (Some(first), Some(second)) if first == second => {}
        _ => return Err(LendingError::ReserveTokenBalanceMismatch),
    }
    if moved.applied_to(before.vault_atoms) != Some(after.vault_atoms) {
        return Err(LendingError::ReserveVaultBalanceMismatch);
    }
    if moved.applied_to(before.available_atoms) != Some(after.available_atoms) {
        return Err(LendingError::ReserveAccountingMismatch);
    }
    Ok(())
}

impl Moved {
    fn applied_to(self, atoms: u64) -> Option<u64> {
        match self {
            Moved::In(amount) => atoms.checked_add(amount),
            Moved::Out(amount) => atoms.checked_sub(amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balances(vault_atoms: u64, available_atoms: u64) -> Balances {
        Balances { vault_atoms, available_atoms }
    }

    #[test]
    fn exact_moves_pass_and_anything_else_is_named() {
        let before = balances(110, 100);
        assert_eq!(require_moved(before, balances(115, 105), Moved::In(5)), Ok(()));
        assert_eq!(require_moved(before, balances(105, 95), Moved::Out(5)), Ok(()));
        assert_eq!(
            require_moved(before, balances(114, 105), Moved::In(5)),
            Err(LendingError::ReserveTokenBalanceMismatch)
        );
        assert_eq!(
            require_moved(before, balances(114, 104), Moved::In(5)),
            Err(LendingError::ReserveVaultBalanceMismatch)
        );
        assert_eq!(
            require_moved(balances(9, 10), balances(10, 11), Moved::In(1)),
            Err(LendingError::ReserveTokenBalanceMismatch)
        );
    }
}
