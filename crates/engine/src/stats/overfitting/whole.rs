//! Returns as whole numbers of a unit.

/// What a whole number is multiplied with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    /// 10 to minus this: returns as people write them.
    Decimal(u32),
    /// This: the largest number that all returns are multiples of, where they need more digits than there is room for.
    Measure(f64),
}

/// A series in its unit.
pub struct Whole {
    /// The unit.
    pub unit: Unit,
    /// Returns, oldest first.
    pub numbers: Vec<i64>,
}

impl Unit {
    /// One of it.
    pub fn value(self) -> f64 {
        match self {
            Self::Decimal(digits) => 1.0 / 10f64.powi(digits.cast_signed()),
            Self::Measure(measure) => measure,
        }
    }

    /// The mean of `count` returns that add up to `sum`. One division, of numbers that are exact up to 2^53, so that equal
    /// means in different units are equal.
    pub fn mean(self, sum: i64, count: usize) -> f64 {
        match self {
            Self::Decimal(digits) => sum as f64 / (count as f64 * 10f64.powi(digits.cast_signed())),
            Self::Measure(measure) => sum as f64 / count as f64 * measure,
        }
    }
}

impl Whole {
    /// Takes the shortest decimals that read as the same numbers, where their squares can be added up without overflow; else
    /// the nearest multiples of a power of two that is the rounding of the largest. All must be finite.
    pub fn of(returns: &[f64]) -> Self {
        // Sums of so many stay below 2^62, and count times their squares below 2^126.
        let room = (1_i64 << 62) / i64::try_from(returns.len().max(1)).unwrap_or(i64::MAX);
        Self::decimal(returns, room).unwrap_or_else(|| Self::binary(returns, room))
    }

    fn decimal(returns: &[f64], room: i64) -> Option<Self> {
        let parts: Vec<(i64, i32)> = returns.iter().map(|value| decimal(*value)).collect::<Option<_>>()?;
        let digits = parts.iter().map(|(_, exponent)| -exponent).max()?.max(0);
        let shifted = parts.iter().map(|(number, exponent)| {
            let power = 10_i64.checked_pow(u32::try_from(digits + exponent).ok()?)?;
            number.checked_mul(power).filter(|number| number.abs() <= room)
        });
        let unit = Unit::Decimal(u32::try_from(digits).ok().filter(|digits| *digits <= 22)?);
        Some(Self { unit, numbers: shifted.collect::<Option<_>>()? })
    }

    fn binary(returns: &[f64], room: i64) -> Self {
        let largest =
            returns.iter().fold(0.0_f64, |most, value| most.max(value.abs())).max(f64::MIN_POSITIVE);
        let bits = (room as f64).log2().floor() as i32 - 1;
        let exponent = largest.log2().ceil() as i32 - bits;
        let mut numbers: Vec<i64> =
            returns.iter().map(|value| (value / 2f64.powi(exponent)).round() as i64).collect();
        // Multiples of a third, say, become small numbers, whose scores can be brought to lowest terms.
        let common = numbers.iter().fold(0, |common, number| divisor(common, number.unsigned_abs())).max(1);
        numbers.iter_mut().for_each(|number| *number /= common.cast_signed());
        Self { unit: Unit::Measure(common as f64 * 2f64.powi(exponent)), numbers }
    }
}

/// digits · 10^exponent, as short as reads the same; zero has exponent zero. None where it has more digits than a decimal keeps.
fn decimal(value: f64) -> Option<(i64, i32)> {
    if value == 0.0 {
        return Some((0, 0));
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    // More than fifteen digits are those of a computation, not of a person: its multiples are multiples in binary only.
    let digits =
        mantissa.replace('.', "").parse().ok().filter(|digits: &i64| digits.abs() < 1_000_000_000_000_000)?;
    Some((digits, exponent.parse::<i32>().ok()? - i32::try_from(fraction).ok()?))
}

/// The fraction in lowest terms where both fit 64 bits; larger ones are hardly ever equal by chance.
pub fn lowest(above: u128, below: u128) -> (u128, u128) {
    let (Ok(left), Ok(right)) = (u64::try_from(above), u64::try_from(below)) else {
        return (above, below);
    };
    let common = u128::from(divisor(left, right).max(1));
    (above / common, below / common)
}

/// Greatest common divisor; of zero and a number that number.
fn divisor(mut left: u64, mut right: u64) -> u64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_whole() {
        let found = Whole::of(&[0.01, -0.25, 3.0, 0.0, 1e-4]);
        assert_eq!((found.unit, found.numbers), (Unit::Decimal(4), vec![100, -2_500, 30_000, 0, 1]));
        assert_eq!(Whole::of(&[200.0, 1e3]).numbers, [200, 1_000]);
        assert_eq!(Unit::Decimal(2).mean(3, 10), Unit::Decimal(3).mean(30, 10));
    }

    #[test]
    fn long_fractions_keep_their_digits() {
        let returns: Vec<f64> = (1..200).map(|n| 1.0 / f64::from(n) - 0.1).collect();
        let found = Whole::of(&returns);
        for (number, value) in found.numbers.iter().zip(&returns) {
            assert!((*number as f64 * found.unit.value() - value).abs() < 1e-15);
        }
        let back = Whole::of(&returns.iter().rev().copied().collect::<Vec<_>>());
        assert_eq!(found.numbers.iter().sum::<i64>(), back.numbers.iter().sum::<i64>());
    }

    #[test]
    fn fractions_are_reduced() {
        assert_eq!(lowest(8, 12), (2, 3));
        assert_eq!(lowest(0, 7), (0, 1));
        assert_eq!(lowest(u128::MAX, 2), (u128::MAX, 2));
    }
}
