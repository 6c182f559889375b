extension String {
    /// Whether it is ASCII, and no white space but single spaces between words is in it.
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
