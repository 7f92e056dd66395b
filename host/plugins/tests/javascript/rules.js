// A plate-format plugin in JavaScript: Danish standard plates, two letters and five digits. The tests load it to show that
// a plugin needs no Rust. The contract is wit/; records have their fields in camel case, an option is a value or null,
// and a function whose result is an error throws it.
import log from "ovr:alpr/log@0.1.0";

const PATTERN = "LLDDDDD";

// Digits that readers take for letters, and the other way round, one twin each.
const TWINS = new Map(["0O", "1I", "2Z", "5S", "8B", "6G"].flatMap(([digit, letter]) => [[digit, letter], [letter, digit]]));

// Danish plates have no I, O or Q.
const fits = {
  L: (character) => /^[A-HJ-NPR-Z]$/.test(character),
  D: (character) => /^[0-9]$/.test(character),
};

// One Dane among fifty vehicles where nothing is known of the site, four of five where it expects Danes first.
const SHARE_ANYWHERE = 0.02;
const SHARE_AT_HOME = 0.8;
const TEXTS = 23 ** 2 * 10 ** 5;

const isSeparator = (character) => /^[-·. ]$/.test(character);

// The character of a position that the format wants, or nothing: what was read first, then what looks like it.
function pick(position, wanted) {
  const listed = position.alternatives.map(({ character }) => character);
  return listed.find(fits[wanted]) ?? listed.map((character) => TWINS.get(character)).find((twin) => twin && fits[wanted](twin));
}

function match(positions) {
  const standing = positions
    .map((position, index) => ({ position, index, read: position.alternatives[0].character }))
    .filter(({ position, read }) => position.absent <= 0.5 && !isSeparator(read));
  if (standing.length !== PATTERN.length) {
    throw `${standing.length} characters, but dk-standard has ${PATTERN.length}`;
  }
  const corrections = [];
  let text = "";
  standing.forEach(({ position, index, read }, place) => {
    const character = pick(position, PATTERN[place]);
    if (character === undefined) {
      throw `dk-standard has a ${PATTERN[place] === "L" ? "letter" : "digit"} as character ${place + 1}`;
    }
    if (character !== read) {
      corrections.push({ position: index, character, rule: `dk-standard: ${place < 2 ? "letters 1 and 2" : "digits 3 to 7"}` });
    }
    text += character;
  });
  return { text, corrections };
}

function interpretation(read) {
  const { text, corrections } = match(read.positions);
  const share = read.place.countries[0] === "DK" ? SHARE_AT_HOME : SHARE_ANYWHERE;
  log.log("debug", `${text} may be Danish`);
  return {
    text,
    country: "DK",
    region: null,
    formatId: "dk-standard",
    series: "standard",
    logPrior: Math.log(share / TEXTS),
    corrections,
  };
}

const VECTORS = [
  ["AB12345", "AB12345"],
  ["AB 12 345", "AB12345"],
  ["AB I2 34S", "AB12345"],
  ["A8 12 345", "AB12345"],
  ["AB1234", null],
  ["ABC1234", null],
];

function runVector([observed, expected]) {
  const positions = [...observed].map((character) => ({ alternatives: [{ character, probability: 0.96 }], absent: 0 }));
  try {
    return match(positions).text === expected;
  } catch {
    return expected === null;
  }
}

export const plateFormat = {
  describe: () => ({
    name: "plate-format-javascript",
    version: "0.1.0",
    summary: "Danish standard plates, written in JavaScript",
  }),
  selfTest() {
    const failed = VECTORS.filter((vector) => !runVector(vector)).map(([observed]) => observed);
    if (failed.length > 0) throw `these reads are not what they should be: ${failed.join(", ")}`;
    return VECTORS.length;
  },
  check: (read) => [interpretation(read)],
};
