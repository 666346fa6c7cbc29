//! Real error text, language by language: the same error is recognised again, whatever varies around it.

use shipnote::query::{FeatureKind, read_error};

/// The templates of a text, the most telling first.
fn templates(text: &str) -> Vec<String> {
    read_error(text).headlines.into_iter().map(|headline| headline.template).collect()
}

fn features(text: &str) -> Vec<(FeatureKind, String)> {
    read_error(text).features.into_iter().map(|feature| (feature.kind, feature.text)).collect()
}

/// The first headline of every text has this template, and so all have the same fingerprint.
#[track_caller]
fn same(expected: &str, texts: &[&str]) {
    let mut fingerprints = Vec::new();
    for text in texts {
        let read = read_error(text);
        let first = read.headlines.first();
        assert_eq!(first.map(|headline| headline.template.as_str()), Some(expected), "{text}\n{:#?}", read.headlines);
        fingerprints.extend(first.map(|headline| headline.fingerprint.clone()));
    }
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 1);
}

#[track_caller]
fn has(text: &str, expected: &[(FeatureKind, &str)]) {
    let found = features(text);
    for (kind, text) in expected {
        assert!(found.contains(&(*kind, (*text).to_owned())), "{kind:?} {text}: {found:#?}");
    }
}

use FeatureKind::{Class, Code, File, Function, Message};

const PYTHON: &str = r#"Traceback (most recent call last):
  File "/app/.venv/lib/python3.12/site-packages/urllib3/connectionpool.py", line 537, in _make_request
    response = conn.getresponse()
  File "/usr/lib/python3.12/socket.py", line 707, in readinto
    return self._sock.recv_into(b)
TimeoutError: timed out

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/sync.py", line 88, in pull_order
    order = client.orders.get(order_id)
  File "/app/.venv/lib/python3.12/site-packages/orders_sdk/http.py", line 61, in get
    return self._session.get(url, timeout=30)
requests.exceptions.ReadTimeout: HTTPConnectionPool(host='orders', port=8000): Read timed out. (read timeout=30)
"#;

#[test]
fn python() {
    let interleaved = PYTHON
        .lines()
        .map(|line| format!("sync-1  | {line}\nweb-1   | 10.0.3.7 - \"GET /health HTTP/1.1\" 200\nERROR queue full\n"))
        .collect::<String>();
    same(
        "ReadTimeout: HTTPConnectionPool(host=<s>, port=<n>): Read timed out. (read timeout=<n>)",
        &[
            PYTHON,
            &PYTHON.replace("8000", "31999").replace("line 88", "line 91").replace("/app/", "/home/dev/src/"),
            &PYTHON.replace("timeout=30)", "timeout=0.5)").replace("'orders'", "'orders.internal'"),
            &interleaved,
            &interleaved.replace("sync-1  | ", "2026-11-20T14:05:03.123456789Z stderr F "),
            "2026-11-20 14:05:03,123 ERROR [worker-7] orders.api: Failed: requests.exceptions.ReadTimeout: \
             HTTPConnectionPool(host='orders', port=8000): Read timed out. (read timeout=0.5)",
            "\x1b[31mReadTimeout\x1b[0m: HTTPConnectionPool(host=\"orders\", port=8000): Read timed out. (read timeout=3).",
            r#"{"level":"error","message":"sync failed","exc_info":"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x()\nrequests.exceptions.ReadTimeout: HTTPConnectionPool(host='orders', port=1): Read timed out. (read timeout=3)"}"#,
        ],
    );
    has(
        PYTHON,
        &[
            (Class, "ReadTimeout"),
            (Class, "TimeoutError"),
            (Message, "Read timed out"),
            (Function, "pull_order"),
            (File, "sync.py"),
        ],
    );
    assert_eq!(features(PYTHON)[0], (Class, "ReadTimeout".to_owned()));
    assert!(!features(PYTHON).contains(&(File, "socket.py".to_owned())), "a library's");
}

#[test]
fn python_chains() {
    let text = "requests.exceptions.SSLError: HTTPSConnectionPool(host='billing.example.com', port=443): Max retries exceeded \
                with url: /v2/invoices (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] \
                certificate verify failed: certificate has expired (_ssl.c:1000)')))";
    let verify = "SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has \
                  expired (_ssl.c:<n>)";
    let found = templates(text);
    assert_eq!(found[0], "SSLError: HTTPSConnectionPool(host=<s>, port=<n>): Max retries exceeded with url: <path>");
    assert!(found.contains(&verify.to_owned()), "{found:#?}");
    same(
        verify,
        &[
            "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)",
        ],
    );
    has(
        text,
        &[
            (Class, "SSLCertVerificationError"),
            (Code, "CERTIFICATE_VERIFY_FAILED"),
            (Message, "certificate has expired"),
        ],
    );

    let reset = "requests.exceptions.ConnectionError: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))";
    assert_eq!(templates(reset)[1], "ConnectionResetError: Connection reset by peer");
    same(
        "ConnectionResetError: Connection reset by peer",
        &["ConnectionResetError: [Errno 104] Connection reset by peer"],
    );
    let sql = "sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint \"orders_pkey\"";
    assert_eq!(templates(sql)[1], "UniqueViolation: duplicate key value violates unique constraint orders_pkey");
}

#[test]
fn python_exceptions_of_any_name() {
    same(
        "NoSuchKey: An error occurred (NoSuchKey) when calling the GetObject operation",
        &[
            "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n    x\nbotocore.errorfactory.NoSuchKey: An error occurred (NoSuchKey) when calling the GetObject operation",
        ],
    );
    same(
        "AssertionError",
        &["Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n    assert x\nAssertionError\n"],
    );
    same("KeyError: next_page", &["KeyError: 'next_page'", "KeyError: `next_page`", "E       KeyError: 'next_page'"]);
    same(
        "AttributeError: NoneType object has no attribute items",
        &["AttributeError: 'NoneType' object has no attribute 'items'"],
    );
    same(
        "ValueError: invalid literal for int() with base <n>: <s>",
        &[
            "ValueError: invalid literal for int() with base 10: 'abc'",
            "ValueError: invalid literal for int() with base 10: 'x y'",
        ],
    );
}

const JAVA: &str = r#"2026-11-20 14:05:03.123 ERROR 1 --- [nio-8080-exec-4] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() for servlet [dispatcherServlet] threw exception
jakarta.servlet.ServletException: Request processing failed: org.springframework.web.client.ResourceAccessException: I/O error on GET request for "http://billing:8080/v2/invoices/4711": Read timed out
	at org.springframework.web.servlet.FrameworkServlet.processRequest(FrameworkServlet.java:1022)
	at com.acme.orders.OrderController.show(OrderController.java:57)
	... 48 more
Caused by: java.net.SocketTimeoutException: Read timed out
	at java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)
	at com.acme.billing.BillingClient.fetchInvoice(BillingClient.java:42)
	... 60 more
"#;

#[test]
fn java() {
    let other = JAVA
        .replace("4711", "98213")
        .replace("14:05:03.123", "09:12:44.001")
        .replace("exec-4", "exec-11")
        .replace(".java:", ".java:1");
    same("SocketTimeoutException: Read timed out", &[JAVA, &other, "java.net.SocketTimeoutException: Read timed out"]);
    assert!(
        templates(JAVA)
            .contains(&"ResourceAccessException: I/O error on GET request for <url>: Read timed out".to_owned())
    );
    has(
        JAVA,
        &[
            (Class, "SocketTimeoutException"),
            (Class, "ResourceAccessException"),
            (Function, "BillingClient.fetchInvoice"),
            (File, "BillingClient.java"),
            (Message, "Read timed out"),
        ],
    );
    same(
        "NullPointerException: Cannot invoke Order.getId() because <s> is null",
        &[
            r#"Exception in thread "main" java.lang.NullPointerException: Cannot invoke "Order.getId()" because "<local4>" is null"#,
        ],
    );
    same(
        "OptimisticLockException: Row of com.acme.Order@<id> was updated",
        &["javax.persistence.OptimisticLockException: Row of com.acme.Order@7a81197d was updated"],
    );
}

#[test]
fn node() {
    let text = r#"/app/src/orders.js:42
    throw new Error('boom');
    ^

TypeError: Cannot read properties of undefined (reading 'customerId')
    at getOrder (/app/src/orders.js:42:17)
    at Layer.handle [as handle_request] (/app/node_modules/express/lib/router/layer.js:95:5)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)

Node.js v20.11.0"#;
    same(
        "TypeError: Cannot read properties of undefined (reading customerId)",
        &[
            text,
            &text.replace(":42", ":57").replace("/app", "/home/dev/orders"),
            "(node:31) UnhandledPromiseRejectionWarning: TypeError: Cannot read properties of undefined (reading 'customerId')",
            "Uncaught TypeError: Cannot read properties of undefined (reading 'customerId')",
        ],
    );
    has(text, &[(Class, "TypeError"), (Function, "getOrder"), (File, "orders.js")]);
    assert!(!features(text).contains(&(File, "layer.js".to_owned())));
    let reset = "Error: read ECONNRESET\n    at TLSWrap.onStreamRead (node:internal/stream_base_commons:217:20) {\n  errno: -104,\n  code: 'ECONNRESET',\n  syscall: 'read'\n}";
    same("read ECONNRESET", &[reset, &reset.replace("217:20", "218:20")]);
    has(reset, &[(Code, "ECONNRESET")]);
    same(
        "connect ECONNREFUSED <ip>",
        &["Error: connect ECONNREFUSED 127.0.0.1:5432", "Error: connect ECONNREFUSED 10.2.0.7:5433"],
    );
    same(
        "AxiosError: Request failed with status code 502",
        &["AxiosError: Request failed with status code 502\n    at settle (/app/node_modules/axios/x.js:1:2)"],
    );
    same(
        "Cannot find module @acme/orders",
        &[
            "Error: Cannot find module '@acme/orders'\nRequire stack:\n- /app/index.js\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1145:15)",
        ],
    );
    same(
        "ERESOLVE unable to resolve dependency tree",
        &[
            "npm ERR! ERESOLVE unable to resolve dependency tree\nnpm ERR!\nnpm ERR! A complete log of this run can be found in: /root/.npm/_logs/2026.log",
            "npm error ERESOLVE unable to resolve dependency tree",
        ],
    );
}

const GO: &str = r#"2026/11/20 14:05:03 listening on :8080
panic: runtime error: index out of range [5] with length 3

goroutine 34 [running]:
main.(*Server).handleOrder(0xc000116000, {0x7f2a10, 0xc00012c0e0})
	/app/server.go:42 +0x1d3
net/http.(*conn).serve(0xc000132000)
	/usr/local/go/src/net/http/server.go:2009 +0x5ce
exit status 2"#;

#[test]
fn go() {
    same(
        "runtime error: index out of range [<n>] with length <n>",
        &[
            GO,
            &GO.replace("[5] with length 3", "[17] with length 9").replace("0xc000", "0xc001"),
            "2026/11/20 14:05:03 http: panic serving 10.0.0.7:51234: runtime error: index out of range [5] with length 3",
        ],
    );
    has(
        GO,
        &[
            (Message, "runtime error"),
            (Message, "index out of range"),
            (Function, "Server.handleOrder"),
            (File, "server.go"),
        ],
    );
    same(
        "failed to load order <n>: dial tcp <ip>: connect: connection refused",
        &[
            r#"time=2026-11-20T14:05:03Z level=error msg="failed to load order 4711: dial tcp 10.0.0.5:5432: connect: connection refused""#,
            r#"{"time":"2026-11-20T14:05:03Z","level":"ERROR","msg":"failed to load order 12: dial tcp 10.0.0.9:5432: connect: connection refused"}"#,
            "2026/11/20 14:05:03 ERROR failed to load order 9: dial tcp 127.0.0.1:15432: connect: connection refused",
        ],
    );
    same(
        "undefined: fetchOrder",
        &["./main.go:10:2: undefined: fetchOrder", "# acme/orders\ncmd/main.go:12:7: undefined: fetchOrder"],
    );
    same(
        "all goroutines are asleep - deadlock",
        &["fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:"],
    );
}

#[test]
fn rust() {
    let old = "thread 'main' panicked at 'called `Option::unwrap()` on a `None` value', src/api.rs:12:5";
    let new = "thread 'tokio-runtime-worker' panicked at src/api.rs:14:9:\ncalled `Option::unwrap()` on a `None` value\nstack backtrace:\n   0: rust_begin_unwind\n   1: core::panicking::panic\n   2: orders::api::get_order\n             at ./src/api.rs:14:9\nnote: run with `RUST_BACKTRACE=full`";
    same(
        "called Option::unwrap() on a None value",
        &[
            old,
            new,
            "called `Option::unwrap()` on a `None` value: panicked at src/x.rs:1:1:\ncalled `Option::unwrap()` on a `None` value",
        ],
    );
    has(new, &[(Function, "api.get_order"), (File, "api.rs"), (Message, "called Option")]);
    let compiler = "error[E0382]: borrow of moved value: `order`\n  --> src/orders/api.rs:42:17\n   |\n40 |     let order = load();\n   |         ----- move occurs\nerror: aborting due to 1 previous error\n\nFor more information about this error, try `rustc --explain E0382`.\nerror: could not compile `orders` (bin \"orders\") due to 1 previous error";
    same("error[E0382]: borrow of moved value: order", &[compiler, &compiler.replace("42:17", "7:1")]);
    has(compiler, &[(Code, "E0382"), (Message, "borrow of moved value"), (File, "api.rs")]);
    let anyhow = "Error: cannot read the configuration\n\nCaused by:\n    0: cannot open /etc/orders.toml\n    1: No such file or directory (os error 2)";
    let found = templates(anyhow);
    assert!(found.contains(&"cannot read the configuration".to_owned()), "{found:?}");
    assert_eq!(found[0], "No such file or directory (os error 2)");
}

#[test]
fn postgres() {
    same(
        "duplicate key value violates unique constraint orders_pkey",
        &[
            "ERROR:  duplicate key value violates unique constraint \"orders_pkey\"\nDETAIL:  Key (id)=(4711) already exists.",
            "2026-11-20 14:05:03.123 UTC [1234] orders@orders ERROR:  duplicate key value violates unique constraint \"orders_pkey\"",
            "ERROR: duplicate key value violates unique constraint \"orders_pkey\" (SQLSTATE 23505)",
            "psql:load.sql:12: ERROR:  duplicate key value violates unique constraint \"orders_pkey\"",
        ],
    );
    has(
        "ERROR: duplicate key value violates unique constraint \"orders_pkey\" (SQLSTATE 23505)",
        &[(Code, "23505"), (Message, "duplicate key value violates unique constraint orders_pkey")],
    );
    same(
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        &[
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "psql: error: connection to server at \"10.0.0.5\", port 5432 failed: FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        ],
    );
    same(
        "invalid input syntax for type uuid: <s>",
        &[
            "ERROR:  invalid input syntax for type uuid: \"abc\"",
            "ERROR:  invalid input syntax for type uuid: \"4711\" (SQLSTATE 22P02)",
        ],
    );
    same(
        "ERROR 1062 (<n>): Duplicate entry <s> for key orders.PRIMARY",
        &[
            "ERROR 1062 (23000): Duplicate entry '4711' for key 'orders.PRIMARY'",
            "ERROR 1062 (23000): Duplicate entry 'abc' for key 'orders.PRIMARY'",
        ],
    );
    same(
        "canceling statement due to statement timeout",
        &[
            "ERROR:  canceling statement due to statement timeout",
            "pq: canceling statement due to statement timeout".trim_start_matches("pq: "),
        ],
    );
}

#[test]
fn nginx_and_http() {
    same(
        "upstream prematurely closed connection while reading response header from upstream",
        &[
            "2026/11/20 14:05:03 [error] 31#31: *4711 upstream prematurely closed connection while reading response header from upstream, client: 10.0.3.7, server: _, request: \"GET /v2/orders HTTP/1.1\", upstream: \"http://10.0.4.2:8000/v2/orders\", host: \"api.example.com\"",
            "On the load balancer: upstream prematurely closed connection while reading response header from upstream, client: 1.1.1.1".trim_start_matches("On the load balancer: "),
        ],
    );
    same(
        "connect() failed (<n>: Connection refused) while connecting to upstream",
        &[
            "2026/11/20 14:05:03 [crit] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.3.7, server: _",
        ],
    );
    same(
        "HTTP 502",
        &["HTTP/1.1 502 Bad Gateway\r\nserver: nginx", "< HTTP/2 502 \n< server: nginx", "<h1>502 Bad Gateway</h1>"],
    );
    has("HTTP/1.1 502 Bad Gateway", &[(Code, "502 Bad Gateway")]);
    assert!(templates("HTTP/1.1 200 OK\n\"GET / HTTP/1.1\" 404 1").is_empty());
    same(
        "curl: (28) Operation timed out after <n> with <n> received",
        &[
            "curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received",
            "curl: (28) Operation timed out after 30000 milliseconds with 1 bytes received",
        ],
    );
    has(
        "curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received",
        &[(Code, "curl 28"), (Message, "Operation timed out after")],
    );
    same(
        "HTTPError: 500 Server Error: Internal Server Error for url: <url>",
        &[
            "requests.exceptions.HTTPError: 500 Server Error: Internal Server Error for url: http://orders:8000/v2/orders/4711?x=1",
        ],
    );
    same(
        "Get <url>: EOF",
        &["error: Get \"http://127.0.0.1:8080/v2/orders\": EOF", "ERROR Get \"https://orders/v2\": EOF"],
    );
}

#[test]
fn shells_and_containers() {
    same(
        "kubectl: command not found",
        &[
            "bash: kubectl: command not found",
            "./deploy.sh: line 12: kubectl: command not found",
            "bash: line 3: kubectl: command not found",
        ],
    );
    same("jq: not found", &["/bin/sh: 1: jq: not found", "/bin/sh: 12: jq: not found"]);
    same(
        "<path>: Permission denied",
        &["bash: /usr/local/bin/x: Permission denied", "sh: 3: /opt/y/run: Permission denied"],
    );
    same(
        "Liveness probe failed: HTTP probe failed with statuscode: 404",
        &[
            "Liveness probe failed: HTTP probe failed with statuscode: 404",
            "  Warning  Unhealthy  3m  kubelet  Liveness probe failed: HTTP probe failed with statuscode: 404"
                .trim_start_matches("  Warning  Unhealthy  3m  kubelet  "),
        ],
    );
    same("command terminated with exit code 137", &["command terminated with exit code 137"]);
    same(
        "Killed process <n> (gunicorn) total-vm:<n>, anon-rss:<n>",
        &[
            "Nov 20 14:05:03 web-3 kernel: [12345.678901] Killed process 4711 (gunicorn) total-vm:812345kB, anon-rss:512345kB",
        ],
    );
}

#[test]
fn build_tools() {
    same(
        "error TS2345: Argument of type string is not assignable to parameter of type number",
        &[
            "src/api.ts(42,17): error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
            "src/api.ts:7:1 - error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
        ],
    );
    same("cannot find symbol", &["/app/Orders.java:10: error: cannot find symbol"]);
    same(
        "Error response from daemon: Bind for <ip> failed: port is already allocated",
        &["docker: Error response from daemon: Bind for 0.0.0.0:8080 failed: port is already allocated."
            .trim_start_matches("docker: ")],
    );
    same("*** [Makefile:<n>: test] Error 2".replace('2', "<n>").as_str(), &["*** [Makefile:12: test] Error 2"]);
    has("AssertionError: [order] mismatch", &[(Class, "AssertionError")]);
}

#[test]
fn other_requests_in_between_come_after_the_traceback() {
    let log = format!(
        "ERROR queue is full\n{PYTHON}2026-11-20 14:06:00 ERROR cache lookup failed\nHTTP/1.1 502 Bad Gateway\n"
    );
    let found = templates(&log);
    assert!(found[0].starts_with("ReadTimeout: ") && found[1] == "TimeoutError: timed out", "{found:#?}");
    assert_eq!(found[2..], ["cache lookup failed", "queue is full", "HTTP 502"]);
}

#[test]
fn what_states_no_error() {
    for text in [
        "",
        "all is well",
        "INFO started in 12 ms",
        "0 errors, 0 warnings",
        "p95 480 ms",
        "GET /orders 200",
        "Traceback (most recent call last):",
        "  File \"a.py\", line 1, in f",
        "raise ValueError('x')",
    ] {
        assert_eq!(templates(text), Vec::<String>::new(), "{text}");
    }
}
