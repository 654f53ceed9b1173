use super::*;
use crate::optimise::shrinkage::tests::recipe;

fn weights(options: HierarchyOptions) -> Vec<f64> {
    let columns = recipe(250, 8);
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    hierarchical_risk_parity(&Covariance::of_columns(&columns, None), &options).unwrap()
}

fn near(found: &[f64], expected: &[f64]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-10, "{found} is not {expected}");
    }
}

// skfolio 1.12.2, HierarchicalRiskParity() and with single linkage, on the same series.
#[test]
fn agrees_with_skfolio() {
    let ward = [
        0.23983416075347003,
        0.12713321192688706,
        0.17941024679573858,
        0.16026691720436248,
        0.10112546220013585,
        0.0463297642590487,
        0.09176049620405279,
        0.05413974065630453,
    ];
    near(&weights(HierarchyOptions::default()), &ward);
    let others = [
        0.235798598331931,
        0.08912507895600873,
        0.22453011871266612,
        0.16587897854848552,
        0.0994238775975357,
        0.0365607583140626,
        0.09100627894140234,
        0.05767631059790801,
    ];
    for linkage in [Linkage::Single, Linkage::Complete, Linkage::Average] {
        near(&weights(HierarchyOptions { linkage, ..Default::default() }), &others);
    }
}

#[test]
fn weights_are_a_partition_of_one() {
    for linkage in [Linkage::Single, Linkage::Complete, Linkage::Average, Linkage::Ward] {
        for leaf_order in [LeafOrder::Optimal, LeafOrder::Shortest, LeafOrder::QuasiDiagonal] {
            for distance in [Distance::Correlation, Distance::CorrelationColumns] {
                let found = weights(HierarchyOptions { linkage, leaf_order, distance });
                assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12 && found.iter().all(|w| *w > 0.0));
            }
        }
    }
}

// Two assets: inverse variance, whatever their correlation.
#[test]
fn two_assets_and_one() {
    let covariance = Covariance::from_rows(&[vec![0.04, 0.006], vec![0.01]]).unwrap();
    near(&hierarchical_risk_parity(&covariance, &HierarchyOptions::default()).unwrap(), &[0.2, 0.8]);
    let one = Covariance::from_rows(&[vec![0.04]]).unwrap();
    near(&hierarchical_risk_parity(&one, &HierarchyOptions::default()).unwrap(), &[1.0]);
    let still = Covariance::from_rows(&[vec![0.04, 0.0], vec![0.0]]).unwrap();
    let error = hierarchical_risk_parity(&still, &HierarchyOptions::default()).unwrap_err().to_string();
    assert!(error.contains("asset 2 does not vary"), "{error}");
}

// All orders that the tree allows, tried one by one, are no shorter.
#[test]
fn the_leaf_order_is_the_shortest() {
    let points = [0.3, 2.0, 0.1, 5.0, 4.4, 1.1, 3.9];
    let size = points.len();
    let distances: Vec<f64> = points
        .iter()
        .enumerate()
        .flat_map(|(i, a)| {
            points.iter().enumerate().map(move |(j, b)| {
                (a - b as &f64).abs() + 0.1 * ((i * j) % 3) as f64 * f64::from(u8::from(i != j))
            })
        })
        .collect();
    for linkage in [Linkage::Single, Linkage::Average] {
        let merges = cluster(&distances, size, linkage);
        let length =
            |order: &[usize]| order.windows(2).map(|pair| distances[pair[0] * size + pair[1]]).sum::<f64>();
        let mut orders: Vec<Vec<Vec<usize>>> = (0..size).map(|leaf| vec![vec![leaf]]).collect();
        for merge in &merges {
            let mut all = Vec::new();
            for left in &orders[merge.left] {
                for right in &orders[merge.right] {
                    all.push([left.clone(), right.clone()].concat());
                    all.push([right.clone(), left.clone()].concat());
                }
            }
            orders.push(all);
        }
        let shortest = orders.last().unwrap().iter().map(|order| length(order)).fold(f64::INFINITY, f64::min);
        let found = leaf_order::shortest(&merges, &distances, size);
        assert!((length(&found) - shortest).abs() < 1e-12);
    }
}
