import Formats
import Foundation
import Monitor
import Sandbox
import Testing

/// How much a provider can make the daemon remember.
@Suite(.timeLimit(.minutes(5)))
struct DaemonMemoryTests {
    /// As many permissions, and as many bytes of them, as one answer may have; no two rounds share one.
    private func permissions(_ round: Int) -> String {
        let words = (0..<9_900).map { number in
            "\"r\(round)-\(10_000 + number)-permission:list\""
        }
        return "{\"permissions\": [\(words.joined(separator: ", "))]}"
    }

    @Test func `answers that are always new and as large as can be leave memory and disk flat`()
        async throws
    {
        try await withDaemon { daemon in
            try await daemon.untilPolled(1)
            func size() throws -> (memory: Int, disk: Int) {
                let files = try FileManager.default.contentsOfDirectory(atPath: daemon.state)
                let disk = try files.map { name in
                    let path = "\(daemon.state)/\(name)"
                    let size = try FileManager.default.attributesOfItem(atPath: path)[.size]
                    return (size as? Int) ?? 0
                }
                return (try daemon.residentKiB(), disk.reduce(0, +) >> 10)
            }
            var middle = (memory: 0, disk: 0)
            for round in 1...32 {
                try daemon.sandbox.edit("a", json: permissions(round))
                try await daemon.pollNow()
                try await daemon.token("a") {
                    $0["permissions"]?.elements?.first?.string?.hasPrefix("r\(round)-") == true
                }
                if round == 16 { middle = try size() }
            }
            let end = try size()
            // One list is 250 KiB, in memory some 700: what was kept of 16 would be 11 MB.
            #expect(end.memory - middle.memory < 6 << 10, "\(middle) \(end)")
            // The record keeps 64 KiB of each list, and events of the first five.
            #expect(end.disk - middle.disk < 16 * 3 * 64, "\(middle) \(end)")
        }
    }
}
