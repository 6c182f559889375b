/// The commands for the manual page, tokenwatchd(8), generated from their tables.
enum ManualText {
    private static let width = 80

    /// Every command, as mdoc(7) writes it.
    static func commands(_ commands: [Command] = Command.all) -> [String] {
        commands.flatMap(section)
    }

    private static func section(_ command: Command) -> [String] {
        var lines = [".Ss \(command.name)", ".Nm tokenwatchd", ".Cm \(command.name)"]
        if !command.options.isEmpty { lines.append(".Op Ar option ...") }
        for operand in command.operands {
            let macro = operand.isRequired ? ".Ar" : ".Op Ar"
            lines.append("\(macro) \(operand.name)" + (operand.isRepeated ? " ..." : ""))
        }
        for paragraph in [command.summary] + command.notes {
            lines.append(".Pp")
            lines += self.paragraph(paragraph)
        }
        if !command.options.isEmpty {
            lines.append(".Bl -tag -width Ds")
            for option in command.options {
                let value = option.placeholder.map { " Ar \($0)" } ?? ""
                lines.append(".It Fl -\(option.name)\(value)")
                lines += paragraph(option.help)
            }
            lines.append(".El")
        }
        lines += [".Pp", "Exit status:", ".Bl -tag -width 3n -compact"]
        for (status, meaning) in command.exitStatuses {
            lines.append(".It \(status)")
            lines += paragraph(meaning)
        }
        return lines + [".El"]
    }

    /// Formats a paragraph: a sentence begins a line (mdoc(7), "MACRO SYNTAX"); roff is escaped.
    private static func paragraph(_ text: String) -> [String] {
        var text = text.prefix(1).uppercased() + text.dropFirst()
        if text.last != "." { text += "." }
        var sentences: [String] = []
        var sentence = ""
        for word in text.split(separator: " ") {
            sentence += sentence.isEmpty ? word : " \(word)"
            guard word.hasSuffix(".") || word.hasSuffix(".)"), !word.hasSuffix("…") else {
                continue
            }
            sentences.append(sentence)
            sentence = ""
        }
        if !sentence.isEmpty { sentences.append(sentence) }
        return sentences.flatMap { TextWrap.lines($0, width: width) }.map { line in
            let escaped = line.replacing("\\", with: "\\e").replacing("\"", with: "\\(dq")
            return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
        }
    }
}
