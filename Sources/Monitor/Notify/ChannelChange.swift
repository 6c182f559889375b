/// The changes of channels by a reload, by name.
package struct ChannelChange: Hashable, Sendable {
    package var added: [String] = []
    package var removed: [String] = []
    package var changed: [String] = []

    package init() {}

    /// Compares the channels of two configurations.
    ///
    /// If the secrets in files of the same name differ, the revisions differ too.
    init(
        from old: [ChannelSettings],
        _ oldSetups: [ChannelSetup],
        to new: [ChannelSettings],
        _ newSetups: [ChannelSetup]
    ) {
        let before = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
        let revisions = Dictionary(oldSetups.map { ($0.channel.name, $0.revision) }) { first, _ in
            first
        }
        for (settings, setup) in zip(new, newSetups) {
            guard var settingsBefore = before[settings.name] else {
                added.append(settings.name)
                continue
            }
            settingsBefore.place = settings.place
            if settingsBefore != settings || revisions[settings.name] != setup.revision {
                changed.append(settings.name)
            }
        }
        let kept = Set(new.map(\.name))
        removed = old.map(\.name).filter { !kept.contains($0) }
        added.sort()
        removed.sort()
        changed.sort()
    }
}
