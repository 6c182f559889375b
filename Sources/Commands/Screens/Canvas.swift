import Alerting
import Monitor

/// The context of a screen: the time that it counts from, and the terminal.
struct Canvas {
    /// The time that the daemon judges by: a wrong local clock would show wrong distances.
    let now: Instant
    /// The columns of the terminal; nil without one, where nothing is cut.
    var width: Int?
    /// The lines of the terminal; nil if there is no limit.
    var height: Int?
    var hasColour = false
    /// Whether the terminal shows more than ASCII.
    var isUnicode = true

    var paint: Paint { Paint(isOn: hasColour) }
}

extension Session {
    func canvas(at now: Instant) -> Canvas {
        Canvas(
            now: now,
            width: console.width,
            height: console.height,
            hasColour: console.hasColour,
            isUnicode: console.isUnicode
        )
    }

    /// Returns a canvas by the clock of the daemon, as far as it is known.
    func canvas(of overview: Overview) -> Canvas { canvas(at: overview.now ?? clock()) }

    /// Prints the daemon's answer with `--json`, otherwise the result of `lines` for a person.
    func print(
        _ json: [UInt8],
        _ arguments: Arguments,
        _ client: DaemonClient,
        isPaged: Bool = false,
        or lines: (Canvas) async throws -> [String]
    ) async throws {
        guard !arguments.has("json") else { return console.print(json: json) }
        let overview = await client.clockOverview()
        let text = try await lines(canvas(of: overview))
        console.show(overview.clockLines(width: console.width) + text, isPaged: isPaged)
    }
}
