import CursesTerminal
import Foundation
import Testing
import TextGrid

@Suite("Theme")
struct ThemeTests {
    /// The relative luminance of one of the 256 colours, as WCAG 2 defines it.
    private func luminance(_ color: Int16) -> Double {
        let levels: [Double] = [0, 95, 135, 175, 215, 255]
        let number = Int(color)
        let parts: [Double] =
            number >= 232
            ? Array(repeating: Double(8 + 10 * (number - 232)), count: 3)
            : [
                levels[(number - 16) / 36], levels[(number - 16) / 6 % 6],
                levels[(number - 16) % 6],
            ]
        let linear = parts.map { part -> Double in
            let value = part / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    @Test func `every colour can be read on black and on white`() {
        for role in Role.allCases {
            guard let color = Theme.style(of: role).color else { continue }
            #expect(color >= 16, "\(role): the first 16 are whatever a user made of them")
            let own = luminance(color)
            #expect((own + 0.05) / 0.05 >= 3.5, "\(role) on black")
            #expect(1.05 / (own + 0.05) >= 3.5, "\(role) on white")
        }
    }

    @Test func `what must be told apart differs without colour`() {
        func look(_ role: Role) -> [Bool] {
            let style = Theme.style(of: role)
            return [style.isBold, style.isDim, style.isReversed, style.isUnderlined]
        }
        #expect(look(.selected) != look(.plain))
        #expect(look(.field) != look(.focusedField))
        #expect(look(.focusedField) != look(.editedField))
        #expect(look(.key) != look(.quiet))
        #expect(look(.title) != look(.plain))
        #expect(look(.failed) != look(.plain))
    }

    @Test func `on 8 colours neither yellow, white nor blue is used, which one background hides`() {
        for role in Role.allCases {
            if let color = Theme.style(of: role).basicColor {
                #expect([1, 2, 5, 6].contains(color), "\(role)")
            }
        }
    }
}
