//! All ways give the same answer, and the ranking says so, after a run and when it is asked for.

use super::{example, run};

#[test]
fn micro_benchmarks_are_ranked() {
    let environment = example("micro-benchmarks");
    let cells = ["--axis", "input=small", "--repeats", "2", "--warmup", "0"];
    assert_eq!(run(&environment, &cells).len(), 12);
    let asked = ["compare", "--rank", "method", "--where", "task=unique", "--where", "input=small"];
    let json = environment.run(&[&asked[..], &["--format", "json"]].concat()).exits(0).json();
    let rankings = json["rankings"].as_array().unwrap();
    assert_eq!(
        (&rankings[0]["metric"], &rankings[0]["better"]),
        (&"pass_time".into(), &"lower".into())
    );
    let groups = rankings[0]["groups"].as_array().unwrap();
    assert_eq!((groups.len(), &groups[0]["answers"]), (1, &"same".into()));
    let ranked = groups[0]["ranked"].as_array().unwrap();
    assert_eq!(
        (ranked.len(), &ranked[0]["rank"], &ranked[0]["of_best"]),
        (5, &1.into(), &1.0.into())
    );
    assert!(ranked.iter().all(|it| it["figure"]["median"].as_f64().unwrap() > 0.0));

    let index = environment.read("reports/index.html");
    assert!(index.contains("method, by pass time (less is better): CPU time of one pass"));
    environment.run(&["compare", "--rank", "methods"]).exits(2).says("did you mean `method`?");
    environment
        .run(&["compare", "--rank", "method", "--metric", "pass"])
        .exits(2)
        .says("pass_time");
    environment
        .run(&["compare", "--rank", "method", "--format", "junit"])
        .exits(2)
        .says("verdicts");
}
