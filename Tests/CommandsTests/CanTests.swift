import Testing

@testable import Commands

private func daemon(_ answer: String) async throws -> FakeDaemon {
    try await FakeDaemon([
        "GET /v1/tokens": (200, "[\(tokenJSON("deploy"))]"),
        "GET /v1/tokens/deploy": (200, tokenJSON("deploy")),
        "GET /v1/tokens/deploy/can": (200, answer),
        "POST /v1/tokens/deploy/poll": (202, #"{"polling":1,"polled":false}"#),
    ])
}

@Test(
    arguments: [
        (#"{"covered":true,"missing":[],"reason":null,"as_of":null}"#, 0, "deploy: yes"),
        (
            #"{"covered":false,"missing":["dns:list"],"reason":null,"as_of":null}"#, 1,
            "deploy: no, not covered: dns:list"
        ),
        (
            #"{"covered":false,"missing":["dns:list"],"reason":"rejected","as_of":null}"#, 1,
            "deploy: no, it is rejected"
        ),
        (
            #"{"covered":null,"missing":[],"reason":"not_told","as_of":null}"#, 3,
            "deploy: unknown, its provider does not report permissions"
        ),
        (
            #"{"covered":null,"missing":[],"reason":"not_seen","as_of":null}"#, 3,
            "deploy: unknown, no data yet; see: tokenwatchd status deploy"
        ),
    ] as [(String, Int32, String)]
)
func `can answers by its exit status and one line`(
    answer: String,
    status: Int32,
    line: String
) async throws {
    let daemon = try await daemon(answer)
    let (exit, printed) = await run("can", "deploy", "dns:list", "--socket", daemon.socket)
    #expect(exit == status)
    #expect(printed.outputLines == [line])
    await daemon.stop()
}

@Test func `can encodes what it asks, and knows no token that is not there`() async throws {
    let daemon = try await daemon(#"{"covered":true}"#)
    _ = await run("can", "deploy", "a&b=c:*", "dns:list", "--socket", daemon.socket)
    #expect(
        daemon.requests.first
            == "GET /v1/tokens/deploy/can?permission=a%26b%3Dc%3A%2A&permission=dns%3Alist"
    )
    let (exit, printed) = await run("can", "deplo", "dns:list", "--socket", daemon.socket)
    #expect(exit == 3)
    #expect(printed.errors.contains("did you mean deploy?"), "\(printed.errors)")
    let (live, _) = await run("can", "deploy", "x:y", "--live", "--socket", daemon.socket)
    #expect(live == 3, "the poll has not ended")
    await daemon.stop()
}

@Test func `check ends in time though the daemon does not answer`() async throws {
    let daemon = try await FakeDaemon([:], isStuck: true)
    let (exit, printed) = await run("check", "--timeout", "1", "--socket", daemon.socket)
    #expect(exit == 3)
    #expect(printed.output.hasPrefix("TOKENWATCHD UNKNOWN - "), "\(printed.output)")
    await daemon.stop()
}

@Test(arguments: ["0", "2h", "fast", "-1"])
func `check refuses a time that makes no sense`(text: String) async {
    let (exit, printed) = await run("check", "--timeout=\(text)")
    #expect(exit == 64)
    #expect(printed.errors.contains("must be a duration such as 5s"), "\(printed.errors)")
}

@Test(arguments: ["91d", "0s", "90", "soon"])
func `ack refuses a wrong duration before it looks for a daemon`(text: String) async {
    let (exit, printed) = await run(
        "ack",
        "deploy",
        "--reason=x",
        "--for=\(text)",
        "--socket=/nowhere/at/all"
    )
    #expect(exit == 64)
    #expect(printed.errors.contains("at most 90d"), "\(printed.errors)")
}
