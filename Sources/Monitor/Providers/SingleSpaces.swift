extension String {
    /// Whether the text is ASCII, with single spaces between words as its only white space.
    var hasSingleSpacesOnly: Bool {
        let space = UInt8(ascii: " ")
        var last = space
        for byte in utf8 {
            guard byte >= space, byte < 0x80, byte != space || last != space else { return false }
            last = byte
        }
        return last != space
    }
}
