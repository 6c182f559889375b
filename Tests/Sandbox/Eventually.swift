/// Repeats a question every 25 ms until it has an answer; the test's time limit bounds it.
///
/// It is for facts that nothing announces.
package func eventually<Value>(_ find: () async throws -> Value?) async throws -> Value {
    while true {
        if let value = try await find() { return value }
        try await Task.sleep(for: .milliseconds(25))
    }
}

/// Waits until something holds.
package func eventually(_ holds: () async throws -> Bool) async throws {
    while try await !holds() { try await Task.sleep(for: .milliseconds(25)) }
}
