//! `THREAT_MODEL.md` names tests; each of them is there, and is run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_test_that_the_threat_model_names_exists_and_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests"] {
        gather(&root.join(folder), &mut tests);
    }
    let model = fs::read_to_string(root.join("THREAT_MODEL.md")).unwrap();
    let rows = model.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat"));
    for row in rows.clone() {
        let proof = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test proves: {row}");
        for test in named {
            assert!(tests.contains(test), "nothing is run that is called {test}");
        }
    }
    assert!(rows.count() > 20, "the tables were not read");
}

#[test]
fn a_function_counts_only_if_it_is_a_test_and_not_ignored() {
    let source = "
        #[cfg(unix)]
        #[test]
        // Said of the next line.
        fn run() {}

        #[tokio::test(start_paused = true)]
        async fn run_too() {}

        fn helper() {}

        #[test]
        #[ignore = \"slow\"]
        fn ignored() {}

        #[cfg(any())]
        #[test]
        fn built_nowhere() {}

        // #[test]
        // fn commented_out() {}
    ";
    let mut tests = BTreeSet::new();
    read(source, &mut tests);
    assert_eq!(tests, BTreeSet::from(["run".to_owned(), "run_too".to_owned()]));
}

fn gather(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            read(&fs::read_to_string(&path).unwrap(), into);
        }
    }
}

/// The names of the functions that a test runner runs: the attributes stand in the lines directly above.
fn read(source: &str, into: &mut BTreeSet<String>) {
    let mut attributes: Vec<&str> = Vec::new();
    for line in source.lines().map(str::trim) {
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some((name, _)) = function.and_then(|rest| rest.split_once('(')) {
            let has = |start: &str| attributes.iter().any(|attribute| attribute.starts_with(start));
            let is_test = has("#[test]") || has("#[tokio::test");
            if is_test && !has("#[ignore") && !has("#[cfg(any())]") {
                into.insert(name.to_owned());
            }
            attributes.clear();
        } else if line.starts_with("#[") {
            attributes.push(line);
        } else if line.is_empty() || line.ends_with(['{', '}', ';']) {
            attributes.clear();
        }
    }
}
