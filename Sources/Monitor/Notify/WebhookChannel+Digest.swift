extension WebhookFormat {
    /// Whether several events may come as one message: people read it, not programs.
    var takesDigests: Bool { false }
}
