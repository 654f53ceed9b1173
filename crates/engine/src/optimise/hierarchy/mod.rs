//! Hierarchical risk parity (Lopez de Prado 2016): cluster by correlation, order the leaves, split risk top down.

mod leaf_order;
mod linkage;

use serde::{Deserialize, Serialize};

use super::{Covariance, OptimiseError};
pub use linkage::{Linkage, Merge, cluster};

/// In which order the leaves of the tree are laid out before the bisection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeafOrder {
    /// Neighbours close, as SciPy's `optimal_leaf_ordering` and so skfolio lay them out: near the shortest.
    #[default]
    Optimal,
    /// Neighbours as close as the tree allows (Bar-Joseph et al. 2001).
    Shortest,
    /// As the tree was built, the older cluster to the left, as in the original paper.
    #[serde(alias = "quasi-diagonal", alias = "none")]
    QuasiDiagonal,
}

/// Distance between assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// sqrt((1 - correlation) / 2).
    #[default]
    Correlation,
    /// Euclidean distance between the columns of the above, as in the original paper.
    #[serde(alias = "euclidean")]
    CorrelationColumns,
}

/// How the tree is built. The default is skfolio 1.12's: Ward linkage and optimal leaf order. The original paper's
/// is single linkage, quasi-diagonal order and distance between columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HierarchyOptions {
    /// Distance between clusters.
    pub linkage: Linkage,
    /// Order of the leaves.
    pub leaf_order: LeafOrder,
    /// Distance between assets.
    pub distance: Distance,
}

/// Weights of at least zero that sum to one. Needs a positive variance of every asset.
pub fn hierarchical_risk_parity(
    covariance: &Covariance,
    options: &HierarchyOptions,
) -> Result<Vec<f64>, OptimiseError> {
    let size = covariance.size();
    let deviations = covariance.deviations();
    if let Some(at) = deviations.iter().position(|deviation| *deviation <= 0.0) {
        return Err(OptimiseError::Input(format!(
            "asset {} does not vary: risk cannot be shared with it",
            at + 1
        )));
    }
    let mut distances = vec![0.0; size * size];
    for (row, (line, left)) in distances.chunks_mut(size).zip(&deviations).enumerate() {
        for ((slot, entry), right) in line.iter_mut().zip(covariance.row(row)).zip(&deviations) {
            let correlation = (entry / (left * right)).clamp(-1.0, 1.0);
            *slot = (0.5 * (1.0 - correlation)).max(0.0).sqrt();
        }
        if let Some(own) = line.get_mut(row) {
            *own = 0.0;
        }
    }
    if options.distance == Distance::CorrelationColumns {
        distances = between_columns(&distances, size);
    }
    let merges = cluster(&distances, size, options.linkage);
    let order = match options.leaf_order {
        LeafOrder::Optimal => leaf_order::turned(&merges, &distances, size),
        LeafOrder::Shortest => leaf_order::shortest(&merges, &distances, size),
        LeafOrder::QuasiDiagonal => leaf_order::as_built(&merges, size),
    };
    let mut weights = vec![1.0; size];
    bisect(covariance, &order, &mut weights);
    Ok(weights)
}

fn between_columns(distances: &[f64], size: usize) -> Vec<f64> {
    let rows: Vec<&[f64]> = distances.chunks(size).collect();
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
    rows.iter().flat_map(|a| rows.iter().map(|b| apart(a, b)).collect::<Vec<f64>>()).collect()
}

/// Halves the order again and again; each half gets weight by the inverse of its inverse-variance portfolio's variance.
fn bisect(covariance: &Covariance, order: &[usize], weights: &mut [f64]) {
    if order.len() < 2 {
        return;
    }
    let (left, right) = order.split_at(order.len() / 2);
    let (left_risk, right_risk) = (cluster_variance(covariance, left), cluster_variance(covariance, right));
    let total = left_risk + right_risk;
    let share = if total > 0.0 { 1.0 - left_risk / total } else { 0.5 };
    for (members, factor) in [(left, share), (right, 1.0 - share)] {
        for member in members {
            if let Some(weight) = weights.get_mut(*member) {
                *weight *= factor;
            }
        }
        bisect(covariance, members, weights);
    }
}

/// Variance of the members weighted by inverse variance.
fn cluster_variance(covariance: &Covariance, members: &[usize]) -> f64 {
    let inverse: Vec<f64> = members.iter().map(|member| 1.0 / covariance.at(*member, *member)).collect();
    let total: f64 = inverse.iter().sum();
    let mut variance = 0.0;
    for (row, left) in members.iter().zip(&inverse) {
        let line = covariance.row(*row);
        let across: f64 = members
            .iter()
            .zip(&inverse)
            .map(|(at, weight)| line.get(*at).copied().unwrap_or(0.0) * weight)
            .sum();
        variance += left * across;
    }
    variance / (total * total)
}

#[cfg(test)]
mod tests;
