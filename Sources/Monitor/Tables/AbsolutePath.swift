import Alerting

/// The path if it is absolute and has no control characters, else nil.
func absolutePath(_ text: String) -> String? {
    text.hasPrefix("/") && text.utf8.count <= 4095 && text == text.escapedForTerminal
        ? text : nil
}
