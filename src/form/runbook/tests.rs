use proptest::prelude::*;

use super::*;

fn draft(text: &str) -> RunbookDraft {
    read_runbook(text).unwrap()
}

#[test]
fn toml_yaml_or_nothing_in_front() {
    let toml = draft("+++\ntitle = \"T\"\nalerts = [\"Down\"]\n[[variables]]\nname = \"N\"\n+++\n\n# Body\n");
    assert_eq!((toml.title.as_deref(), toml.alerts.as_slice()), (Some("T"), ["Down".to_owned()].as_slice()));
    assert_eq!((toml.variables[0].name.as_str(), toml.body.as_str()), ("N", "\n# Body\n"));

    let yaml = draft("---\ntitle: Kube API Down\nweight: 20\naliases:\n  - /x\n---\n\n# KubeAPIDown\n");
    assert_eq!((yaml.title.as_deref(), yaml.body.as_str()), (Some("Kube API Down"), "\n# KubeAPIDown\n"));
    assert_eq!(yaml.extra, serde_json::from_str("{\"weight\": 20, \"aliases\": [\"/x\"]}").unwrap());

    assert_eq!(draft("text\n\n# The title\n\nmore").title.as_deref(), Some("The title"));
    assert_eq!(draft("---\n---\n# T\n").title.as_deref(), Some("T"));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let refused = |text: &str| read_runbook(text).unwrap_err().to_string();
    assert!(refused("+++\ntitle = \"T\"\nowner = 3\n+++\n").starts_with("line 3: "));
    assert!(refused("+++\ntitel = \"T\"\n+++\n").contains("titel"));
    assert!(refused("+++\ntitle = \"T\"\n").contains("not closed by a line +++"));
    assert!(refused("---\ntitle: [\n---\n").contains("no YAML"));
    let bomb: String =
        (1..12).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))).collect();
    assert!(refused(&format!("---\na0: &a0 [x]\n{bomb}---\n")).contains("no YAML"));
}

#[test]
fn blocks_are_steps_with_attributes_and_prompts() {
    let body = "\
# Restart\n\n```sh name=\"Look first\" expect=Running\nkubectl get pods\n```\n\n## Mitigation\n\n\
```bash rollback=\"kubectl rollout undo deploy/orders\" confirm\nfor pod in a b; do\n  echo $pod\ndone\n```\n\n\
```console\n$ etcdctl endpoint status \\\n> -w table\n+---+\n| x |\n$ etcdctl defrag\nFinished\n```\n\n\
```promql\nup == 0\n```\n\n```shell\n$ NAMESPACE=\"kube-etcd\"\n```\n\n```console\nno prompt here\n```\n\n```\nplain\n```\n\n\
## Rollback\n\n### At once\n\n```sh\necho back\n```\n\n## After\n\n```sh\necho after\n```\n";
    let steps = runbook_steps(body);
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["Look first", "Mitigation", "Mitigation 2", "Mitigation 3", "At once", "After"]);
    assert_eq!(steps.iter().filter(|step| step.back).map(|step| step.run.as_str()).collect::<Vec<_>>(), ["echo back"]);
    assert_eq!((steps[0].run.as_str(), steps[0].expect.as_deref()), ("kubectl get pods", Some("Running")));
    assert_eq!(steps[1].run, "for pod in a b; do\n  echo $pod\ndone");
    assert!(
        steps[1].bash && steps[1].confirm && steps[1].rollback.as_deref() == Some("kubectl rollout undo deploy/orders")
    );
    assert_eq!(steps[2].run, "etcdctl endpoint status \\\n-w table\netcdctl defrag");
    assert_eq!(steps[3].run, "NAMESPACE=\"kube-etcd\"");
}

proptest! {
    #[test]
    fn a_runbook_written_reads_as_the_same(
        title in "[^\u{0}\r\n]{1,20}",
        owner in proptest::option::of("[a-z\"'\\\\ é]{1,9}"),
        tags in proptest::collection::vec("[ -~]{1,8}", 0..3),
        body in "([#`~+-]{0,4}[a-zé\"$\r\n ]{0,9}){0,8}",
        weight in proptest::option::of(0..9),
        question in proptest::option::of("[ -~]{0,9}"),
    ) {
        let variables = question.map(|question| Variable { name: "N".into(), default: None, question: Some(question) });
        let written = RunbookDraft {
            name: Some("n".into()),
            title: Some(title),
            owner,
            tags,
            alerts: vec!["A".into()],
            changes: vec!["k7m2xq9dwv4p".into()],
            variables: variables.into_iter().collect(),
            extra: weight.map(|weight| ("weight".to_owned(), Value::from(weight))).into_iter().collect(),
            body,
            ..RunbookDraft::default()
        };
        let text = write_runbook_draft(&written);
        prop_assert_eq!(read_runbook(&text).unwrap(), written, "{}", text);
    }

    #[test]
    fn any_text_is_read(text in "(---\n|\\+\\+\\+\n|```[a-z =\"]*\n|\\$ [a-z\\\\]*\n|[ -~é]{0,9}\n){0,12}") {
        if let Ok(draft) = read_runbook(&text) {
            runbook_steps(&draft.body);
        }
    }
}
