import Alerting
import Foundation
import HTTP
import Monitor
import Testing

@testable import Commands

/// `poll` next to a daemon with scripted answers.
@Suite(.timeLimit(.minutes(1)))
struct PollTests {
    private let account = """
        {"account":{"email":"john@example.com"},"token":{"name":"Key","permissions":["dns:*"],
        "created_at":"2026-01-01T00:00:00Z","last_used_at":null,"expires_at":null,
        "is_expired":false}}
        """

    /// A configuration with a canary `a` and a token `b`, and the daemon's socket.
    private func configuration(_ folder: Folder, base: String, socket: String) throws -> String {
        var text = "[daemon]\nsocket = \"\(socket)\"\n[polling]\ntimeout = \"20s\"\n"
        for (id, more) in [("a", "canary = true\n"), ("b", "")] {
            let secret = try folder.write("token-of-nobody\n", to: id)
            text += "[tokens.\(id)]\nsecret_file = \"\(secret)\"\nbase_url = \"\(base)\"\n\(more)"
        }
        return try folder.write(text, to: "c.toml")
    }

    private let refusal =
        #"{"detail":"permission denied: only root and the daemon's user may do this"}"#

    @Test func `the daemon is told of each poll and how long it may take`() async throws {
        let (server, base) = try await provider(200, account)
        let folder = try Folder()
        let daemon = try await FakeDaemon([
            "POST /v1/tokens/a/used": (200, "{}"), "POST /v1/tokens/b/used": (200, "{}"),
        ])
        let file = try configuration(folder, base: base, socket: daemon.socket)
        let (status, printed) = await run("poll", "--counts-as-use", "--config", file)
        #expect(status == 0 && printed.errors.isEmpty, "\(printed.output)")
        #expect(
            daemon.requests.sorted() == ["POST /v1/tokens/a/used", "POST /v1/tokens/b/used"]
        )
        #expect(daemon.bodies == [#"{"for":"20s"}"#, #"{"for":"20s"}"#])
        await daemon.stop()
        await server.stop()
    }

    @Test(arguments: [403, 500])
    func `a daemon that may not be told is warned of, and a canary is left alone`(
        status: Int
    ) async throws {
        let (server, base) = try await provider(200, account)
        let folder = try Folder()
        let daemon = try await FakeDaemon([
            "POST /v1/tokens/a/used": (status, refusal),
            "POST /v1/tokens/b/used": (status, refusal),
        ])
        let file = try configuration(folder, base: base, socket: daemon.socket)
        let (other, warned) = await run("poll", "b", "--config", file)
        #expect(other == 0)
        #expect(
            warned.errors.hasPrefix(
                "tokenwatchd: the daemon may take this for use elsewhere, because it cannot be informed: "
            ),
            "\(warned.errors)"
        )
        #expect(warned.errors.contains("permission denied: "))
        #expect(warned.errorLines.count == 1)
        let (canary, refused) = await run("poll", "a", "--counts-as-use", "--config", file)
        #expect(canary == 3)
        #expect(refused.output.contains("not polled"), "\(refused.output)")
        #expect(refused.output.contains("permission denied: "), "\(refused.output)")
        await daemon.stop()
        await server.stop()
    }

    @Test func `a token that the daemon does not watch needs no telling`() async throws {
        let (server, base) = try await provider(200, account)
        let folder = try Folder()
        let daemon = try await FakeDaemon([:])
        let file = try configuration(folder, base: base, socket: "/nowhere/s")
        let (status, printed) = await run(
            "poll",
            "--counts-as-use",
            "--config",
            file,
            "--socket",
            daemon.socket
        )
        #expect(status == 0 && printed.errors.isEmpty, "\(printed.errors)")
        #expect(daemon.requests.count == 2)
        await daemon.stop()
        await server.stop()
    }

    @Test func `a socket that is none is warned of`() async throws {
        let (server, base) = try await provider(200, account)
        let folder = try Folder()
        let place = try folder.write("", to: "file")
        let file = try configuration(folder, base: base, socket: place)
        let (status, printed) = await run("poll", "b", "--config", file)
        #expect(status == 0)
        #expect(printed.errors.contains("\(place) is not a socket"), "\(printed.errors)")
        let (canary, _) = await run("poll", "a", "--counts-as-use", "--config", file)
        #expect(canary == 3)
        await server.stop()
    }

    @Test func `of a secret that tells everything itself nobody is said to be asked`() async throws
    {
        let folder = try Folder()
        let secret = try folder.write("no-jwt-at-all\n", to: "j")
        let text = "[tokens.j]\nprovider = \"jwt\"\nsecret_file = \"\(secret)\"\n"
        let file = try folder.write(text, to: "c.toml")
        let (_, printed) = await run("poll", "--config", file)
        #expect(printed.output.contains("jwt, no request"), "\(printed.output)")
        #expect(printed.output.contains("the secret cannot be read as jwt"), "\(printed.output)")
        #expect(!printed.output.contains("polled at jwt"))
    }
}
