extension TokenState {
    /// The time left when the policy begins to warn, and when that is critical.
    ///
    /// Nil if there is no expiry, or no stage of that severity.
    package func stageThresholds(
        _ settings: TokenSettings
    ) -> (warning: Duration?, critical: Duration?) {
        let expiry = expiry(settings).instant
        guard let expiry else { return (nil, nil) }
        let stages = settings.policy.stages(life: life(until: expiry))
        // The stages are sorted by their length.
        func longest(_ severity: Severity) -> Duration? {
            stages.last { $0.severity == severity }?.before
        }
        return (longest(.warning), longest(.critical))
    }
}
