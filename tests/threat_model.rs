//! `THREAT_MODEL.md` names tests; each of them is there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::{fs, path::Path};

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        gather(&root.join(folder), &mut sources);
    }
    let model = fs::read_to_string(root.join("THREAT_MODEL.md")).unwrap();
    let rows = model.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat"));
    for row in rows.clone() {
        let proof = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test proves: {row}");
        for test in named {
            assert!(sources.contains(&format!("fn {test}(")), "there is no test {test}");
        }
    }
    assert!(rows.count() > 20, "the tables were not read");
}

fn gather(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
