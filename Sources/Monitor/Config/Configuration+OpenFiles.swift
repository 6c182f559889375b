extension Configuration {
    /// Lowers `polling.concurrency` to what the limit of open files allows.
    ///
    /// - Returns: the warning; nil if the limit suffices.
    package mutating func fit(_ files: OpenFiles) -> String? {
        let asked = polling.concurrency
        guard asked > files.requests else { return nil }
        polling.concurrency = files.requests
        let most = files.requests == 1 ? "one poll is" : "\(files.requests) polls are"
        return "polling.concurrency is \(asked), but the limit of open files is \(files.limit): "
            + "\(most) made at once; raise it: LimitNOFILE=, ulimit -Hn"
    }
}
