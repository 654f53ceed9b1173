//! Ledoit-Wolf shrinkage: the sample covariance drawn toward a simple target, by as much as its noise warrants.

use serde::{Deserialize, Serialize};

use super::covariance::fast_dot;
use super::{Covariance, OptimiseError};

/// What the sample covariance is drawn toward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShrinkageTarget {
    /// The mean variance times the identity (Ledoit & Wolf 2004, "A well-conditioned estimator"), as scikit-learn.
    #[default]
    Identity,
    /// Own variances and the mean correlation (Ledoit & Wolf 2003, "Honey, I shrunk the sample covariance matrix").
    ConstantCorrelation,
}

/// A shrunk covariance.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
    /// Weight of the target, 0 to 1.
    pub shrinkage: f64,
    /// (1 - shrinkage) sample + shrinkage target; the sample has divisor n.
    pub covariance: Covariance,
}

/// Shrinks the covariance of columns of one length (at least two rows). The mean is taken out; the divisor is n.
pub fn ledoit_wolf(columns: &[&[f64]], target: ShrinkageTarget) -> Result<Shrunk, OptimiseError> {
    let rows = columns.first().map_or(0, |column| column.len());
    if rows < 2 {
        return Err(OptimiseError::Input(format!("{rows} rows of returns: two are the least")));
    }
    for (asset, column) in columns.iter().enumerate() {
        if column.len() != rows || !column.iter().all(|value| value.is_finite()) {
            return Err(OptimiseError::Input(format!("column {} is short or not finite", asset + 1)));
        }
    }
    let count = rows as f64;
    let centred: Vec<Vec<f64>> = columns
        .iter()
        .map(|column| {
            let mean = column.iter().sum::<f64>() / count;
            column.iter().map(|value| value - mean).collect()
        })
        .collect();
    let size = columns.len();
    let sample: Vec<f64> = centred
        .iter()
        .flat_map(|a| centred.iter().map(|b| fast_dot(a, b) / count).collect::<Vec<f64>>())
        .collect();
    if let Some(at) = sample.iter().position(|value| !value.is_finite()) {
        let (row, column) = (at / size + 1, at % size + 1);
        return Err(OptimiseError::Input(format!(
            "columns {row} and {column}: the covariance is beyond what floating point can hold"
        )));
    }
    let sample = Covariance::from_trusted(size, sample);
    let (shrinkage, goal) = match target {
        ShrinkageTarget::Identity => toward_identity(&centred, &sample, count),
        ShrinkageTarget::ConstantCorrelation => toward_constant_correlation(&centred, &sample, count)?,
    };
    let mixed = sample
        .rows()
        .concat()
        .iter()
        .zip(&goal)
        .map(|(s, t)| (1.0 - shrinkage) * s + shrinkage * t)
        .collect();
    Ok(Shrunk { shrinkage, covariance: Covariance::from_trusted(size, mixed) })
}

fn toward_identity(centred: &[Vec<f64>], sample: &Covariance, count: f64) -> (f64, Vec<f64>) {
    let size = centred.len();
    let mean_variance = (0..size).map(|asset| sample.at(asset, asset)).sum::<f64>() / size as f64;
    let goal: Vec<f64> =
        (0..size * size).map(|at| if at / size == at % size { mean_variance } else { 0.0 }).collect();
    let (mut noise, mut distance) = (0.0, 0.0);
    for (row, a) in centred.iter().enumerate() {
        for (column, b) in centred.iter().enumerate() {
            let entry = sample.at(row, column);
            let fourth: f64 = a.iter().zip(b).map(|(a, b)| (a * b) * (a * b)).sum();
            noise += fourth / count - entry * entry;
            let gap = entry - if row == column { mean_variance } else { 0.0 };
            distance += gap * gap;
        }
    }
    let noise = (noise / count).min(distance);
    let shrinkage = if noise > 0.0 && distance > 0.0 { noise / distance } else { 0.0 };
    (shrinkage, goal)
}

fn toward_constant_correlation(
    centred: &[Vec<f64>],
    sample: &Covariance,
    count: f64,
) -> Result<(f64, Vec<f64>), OptimiseError> {
    let size = centred.len();
    let deviations = sample.deviations();
    if let Some(at) = deviations.iter().position(|deviation| *deviation <= 0.0) {
        return Err(OptimiseError::Input(format!("column {} does not vary: it has no correlation", at + 1)));
    }
    if size < 2 {
        return Ok((0.0, sample.rows().concat()));
    }
    let mut mean_correlation = 0.0;
    for (row, left) in deviations.iter().enumerate() {
        for (column, right) in deviations.iter().enumerate().skip(row + 1) {
            mean_correlation += sample.at(row, column) / (left * right);
        }
    }
    mean_correlation /= (size * (size - 1) / 2) as f64;
    let (mut pi, mut rho, mut gamma) = (0.0, 0.0, 0.0);
    let mut goal = Vec::with_capacity(size * size);
    for (row, (a, left)) in centred.iter().zip(&deviations).enumerate() {
        for (column, (b, right)) in centred.iter().zip(&deviations).enumerate() {
            let entry = sample.at(row, column);
            let wanted = if row == column { entry } else { mean_correlation * left * right };
            goal.push(wanted);
            let noise = a.iter().zip(b).map(|(a, b)| (a * b - entry) * (a * b - entry)).sum::<f64>() / count;
            pi += noise;
            gamma += (entry - wanted) * (entry - wanted);
            if row == column {
                rho += noise;
                continue;
            }
            // Covariance of the estimate of a's variance with that of the entry.
            let variance = left * left;
            let theta =
                a.iter().zip(b).map(|(a, b)| (a * a - variance) * (a * b - entry)).sum::<f64>() / count;
            rho += mean_correlation * right / left * theta;
        }
    }
    let shrinkage = if gamma > 0.0 { ((pi - rho) / gamma / count).clamp(0.0, 1.0) } else { 0.0 };
    Ok((shrinkage, goal))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The series behind the reference values: a 31-bit congruential generator seeded 12345 and three factors.
    pub(crate) fn recipe(rows: usize, assets: usize) -> Vec<Vec<f64>> {
        let mut state: u64 = 12_345;
        let mut uniform = move || {
            state = (1_103_515_245 * state + 12_345) % 2_147_483_648;
            state as f64 / 2_147_483_648.0
        };
        let mut columns = vec![Vec::new(); assets];
        for _ in 0..rows {
            let (first, second) = (uniform() - 0.5, uniform() - 0.5);
            for (asset, column) in columns.iter_mut().enumerate() {
                let loading = if asset % 2 == 1 { 0.5 } else { 0.2 };
                let shared = (1 + asset % 3) as f64 * first * loading;
                let own = (1.0 + 0.3 * asset as f64) * (uniform() - 0.5) * 0.5;
                let group = if asset % 4 == 0 { second } else { 0.0 };
                column.push(0.01 * (shared + own + group * 0.7));
            }
        }
        columns
    }

    fn shrunk(rows: usize, target: ShrinkageTarget) -> Shrunk {
        let columns: Vec<Vec<f64>> = recipe(250, 8).iter().map(|column| column[..rows].to_vec()).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        ledoit_wolf(&columns, target).unwrap()
    }

    // scikit-learn 1.9.1, LedoitWolf().fit(X).
    #[test]
    fn agrees_with_scikit_learn() {
        let found = shrunk(250, ShrinkageTarget::Identity);
        assert!((found.shrinkage - 0.03928267234217896).abs() < 1e-12);
        assert!((found.covariance.at(0, 0) / 6.329302591428563e-6 - 1.0).abs() < 1e-12);
        assert!((found.covariance.at(0, 2) / 6.648566587354505e-7 - 1.0).abs() < 1e-11);
        let few = shrunk(40, ShrinkageTarget::Identity);
        assert!((few.shrinkage - 0.2539304233006754).abs() < 1e-12);
        assert!((few.covariance.at(0, 1) / 1.5556171049426426e-6 - 1.0).abs() < 1e-11);
    }

    #[test]
    fn constant_correlation_keeps_variances_and_draws_correlations_together() {
        let sample = shrunk(40, ShrinkageTarget::Identity);
        let found = shrunk(40, ShrinkageTarget::ConstantCorrelation);
        assert!(found.shrinkage > 0.0 && found.shrinkage <= 1.0);
        let spread = |c: &Covariance| {
            let d = c.deviations();
            let all: Vec<f64> = (0..8)
                .flat_map(|i| (0..i).map(move |j| (i, j)))
                .map(|(i, j)| c.at(i, j) / d[i] / d[j])
                .collect();
            all.iter().copied().fold(f64::NEG_INFINITY, f64::max)
                - all.iter().copied().fold(f64::INFINITY, f64::min)
        };
        let columns: Vec<Vec<f64>> = recipe(250, 8).iter().map(|column| column[..40].to_vec()).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let plain = Covariance::of_columns(&columns, None);
        assert!(spread(&found.covariance) < spread(&plain));
        for asset in 0..8 {
            assert!((found.covariance.at(asset, asset) / plain.at(asset, asset) - 39.0 / 40.0).abs() < 1e-12);
        }
        assert!(sample.shrinkage <= 1.0);
    }

    #[test]
    fn too_little_is_named() {
        let short: [&[f64]; 1] = [&[0.1]];
        assert!(ledoit_wolf(&short, ShrinkageTarget::Identity).unwrap_err().to_string().contains("1 rows"));
        let bad: [&[f64]; 2] = [&[0.1, 0.2], &[0.1, f64::NAN]];
        assert!(ledoit_wolf(&bad, ShrinkageTarget::Identity).unwrap_err().to_string().contains("column 2"));
        let still: [&[f64]; 2] = [&[0.1, 0.2], &[0.1, 0.1]];
        let error = ledoit_wolf(&still, ShrinkageTarget::ConstantCorrelation).unwrap_err().to_string();
        assert!(error.contains("column 2 does not vary"), "{error}");
    }
}
