use super::super::{Commit, Facts, Judge, Level, Problem, Rule};

pub(super) const RULE: Rule = Rule {
    id: "commit-without-record",
    level: Level::Error,
    wants: "Every commit that ships has its record.",
    about: "A commit has a record when its message names one in a trailer `Change-Record: <id>`, when a record holds its \
            hash, or when a record from then or later touched all of its files. Merge commits are not looked at: their \
            parts are.",
    judge: Judge::Commit(judge),
};

fn judge(commit: &Commit, _: &Facts<'_>) -> Vec<Problem> {
    if !commit.records.is_empty() {
        return Vec::new();
    }
    let hint = match commit.hash.as_str() {
        "staged" => "shipnote start \"what is going to change\" --file PATH".to_owned(),
        hash => format!("shipnote log --from-git {}", &hash[..hash.len().min(12)]),
    };
    vec![Problem::new("no record tells of it", hint)]
}

#[cfg(test)]
mod tests {
    use super::super::sample::{change, found_in};
    use super::*;

    #[test]
    fn a_commit_needs_a_record() {
        let id = change(|_| {}).id;
        let commit = |hash: &str, records| Commit {
            hash: hash.into(),
            title: "fix: retry reads".into(),
            files: vec!["src/a.py".into()],
            records,
        };
        assert_eq!(found_in(commit("9f2c1e7a9f2c1e7a", vec![id])), []);
        let found = found_in(commit("9f2c1e7a9f2c1e7a", Vec::new()));
        assert_eq!((found[0].rule, found[0].file.as_deref()), ("commit-without-record", Some("src/a.py")));
        assert_eq!(found[0].hint, "shipnote log --from-git 9f2c1e7a9f2c");
        assert!(found_in(commit("staged", Vec::new()))[0].hint.starts_with("shipnote start"));
    }
}
