namespace GenRec.Shared.Data.Worlds;

/// <summary>One leaf of the category tree: what its items are called.</summary>
/// <param name="Department">Name of the parent category.</param>
/// <param name="Name">Name of the topic.</param>
/// <param name="Practitioner">Who is interested in it; also used in the titles of series.</param>
/// <param name="Gear">Kinds of thing sold.</param>
/// <param name="Themes">What a volume of a series can be about.</param>
internal sealed record Topic(string Department, string Name, string Practitioner, string[] Gear, string[] Themes);

/// <summary>The word lists all names, titles and descriptions are made from. Changing any changes the world's version.</summary>
internal static class Vocabulary
{
    /// <summary>48 topics in 8 departments of 6, departments one after another.</summary>
    public static Topic[] Topics { get; } = Parse();

    public static string[] Styles { get; } =
    [
        "rustic",
        "nordic",
        "vintage",
        "minimal",
        "playful",
        "industrial",
        "botanical",
        "classic",
        "travel",
        "studio",
        "heirloom",
        "coastal",
    ];

    public static string[] StyleSentences { get; } =
    [
        "Rough edges and honest materials give it a farmhouse air.",
        "Pale wood and quiet lines follow the nordic tradition.",
        "It looks as if a grandparent had kept it well for fifty years.",
        "Nothing is there that does not have to be.",
        "Bright details make it fun for children and grown-ups alike.",
        "Bare steel and visible screws recall an old workshop.",
        "Leaves and seed heads from a botanical atlas decorate it.",
        "A timeless shape that has hardly changed in a century.",
        "It folds small and weighs little, ready for any journey.",
        "Made to the standard that professionals ask for.",
        "Built to be repaired, used daily and handed down.",
        "Salt-washed tones bring the seaside home.",
    ];

    public static string[] Colours { get; } =
    ["slate", "ivory", "moss", "copper", "indigo", "sand", "crimson", "charcoal", "amber", "teal"];

    public static string[] BrandStarts { get; } =
    [
        "Alder",
        "Brim",
        "Cald",
        "Dun",
        "Ever",
        "Fern",
        "Gild",
        "Hazel",
        "Iver",
        "Kest",
        "Lark",
        "Moor",
        "Nettle",
        "Osk",
        "Pell",
        "Quill",
    ];

    public static string[] BrandEnds { get; } = ["holt", "mere", "wick", "stead"];

    public static string[] Lines { get; } =
    [
        "Aurora",
        "Badger",
        "Comet",
        "Dune",
        "Ember",
        "Falcon",
        "Glade",
        "Heron",
        "Iris",
        "Juniper",
        "Kite",
        "Lantern",
        "Meadow",
        "Nimbus",
        "Otter",
        "Pebble",
        "Quartz",
        "Raven",
        "Summit",
        "Thistle",
        "Umber",
        "Vesper",
        "Willow",
        "Zephyr",
    ];

    public static string[] SeriesAdjectives { get; } =
    [
        "Patient",
        "Curious",
        "Thrifty",
        "Restless",
        "Weekend",
        "Complete",
        "Quiet",
        "Fearless",
        "Urban",
        "Midnight",
        "Honest",
        "Wandering",
        "Practical",
        "Inspired",
        "Stubborn",
        "Cheerful",
    ];

    /// <summary>What a series is made of; its volumes are numbered.</summary>
    public static string[] SeriesFormats { get; } = ["Book", "Course", "Workbook", "Kit"];

    public static string[] FormatSentences { get; } =
    [
        "A well-illustrated book of {0} pages",
        "A video course in {0} short lessons",
        "A workbook with {0} exercises and room for notes",
        "A boxed kit with {0} parts and a step-by-step guide",
    ];

    /// <summary>{0} style, {1} kind, {2} practitioner, {3} and {4} the articles of style and practitioner.</summary>
    public static string[] Openings { get; } =
    [
        "This {0} {1} is for every {2} who has outgrown the first one.",
        "Here is {3} {0} {1} that {4} {2} reaches for day after day.",
        "Meet the {0} {1} made together with {4} {2} of thirty years.",
        "The {0} {1} any {2} will be glad to unwrap.",
        "A sturdy {1} in {0} style, tested by more than one demanding {2}.",
        "Looking for {3} {0} {1}? Ask {4} {2} and hear this name.",
    ];

    public static string[] Endings { get; } =
    [
        "Dishwasher safe parts.",
        "Two years of guarantee.",
        "Ships without plastic.",
        "Spare parts are kept in stock.",
        "Instructions included.",
        "Comes in a gift box.",
        "Assembled in five minutes.",
        "Made in small batches.",
    ];

    public static string[] SeriesEndings { get; } =
    [
        "Second edition.",
        "Suitable from age twelve.",
        "Includes a glossary.",
        "Reviewed by two hundred readers.",
        "With a letter from the author.",
        "Answers are at the end.",
        "Printed on recycled paper.",
        "Winner of a small prize.",
    ];

    private static Topic[] Parse() =>
        [
            .. Table
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
                .Select(cells => new Topic(
                    cells[0],
                    cells[1],
                    cells[2],
                    cells[3].Split(',', StringSplitOptions.TrimEntries),
                    cells[4].Split(',', StringSplitOptions.TrimEntries)
                )),
        ];

    private const string Table = """
        Kitchen | Baking | Baker | bread pan, dough scraper, proofing basket, baking stone, flour sieve | Sourdough, Rye Breads, Puff Pastry, Brioche, Flatbreads, Festive Cakes
        Kitchen | Coffee | Barista | burr grinder, gooseneck kettle, filter cone, milk jug, espresso tamper | Pour-Over, Espresso, Latte Art, Cold Brew, Home Roasting, Tasting
        Kitchen | Fermentation | Fermenter | crock, airlock lid, jar weight, culture starter, bottling funnel | Sauerkraut, Kimchi, Kombucha, Miso, Yogurt, Vinegar
        Kitchen | Grilling | Grill Master | charcoal grill, meat thermometer, basting brush, smoker box, grill basket | Embers, Marinades, Smoke, Vegetables, Ribs, Fish
        Kitchen | Noodles | Noodle Maker | pasta roller, noodle knife, bamboo strainer, soup bowl set, drying rack | Ramen, Ravioli, Soba, Rice Noodles, Broths, Sauces
        Kitchen | Confectionery | Chocolatier | candy mould, sugar thermometer, marble slab, piping bag, dipping fork | Truffles, Caramel, Nougat, Pralines, Fondant, Sugar Flowers
        Garden | Roses | Rose Grower | pruning saw, glove set, rose trellis, fertiliser spreader, watering lance | Climbers, Pruning, Hybrid Teas, Shrub Roses, Diseases, Cut Flowers
        Garden | Vegetables | Kitchen Gardener | raised bed, seed tray, hand trowel, tomato cage, harvest basket | Tomatoes, Root Crops, Salads, Beans, Winter Harvest, Saving Seed
        Garden | Houseplants | Plant Keeper | ceramic planter, mister, moss pole, grow lamp, soil probe | Ferns, Orchids, Succulents, Climbing Vines, Propagation, Low Light
        Garden | Bonsai | Bonsai Artist | concave cutter, training wire, bonsai pot, turntable, root rake | Junipers, Maples, Wiring, Repotting, Forests, Deadwood
        Garden | Beekeeping | Beekeeper | hive frame, bee veil, hive tool, honey extractor, smoker | First Colony, Swarms, Honey Harvest, Queens, Wintering, Wax
        Garden | Composting | Composter | worm bin, compost aerator, kitchen caddy, garden sieve, leaf rake | Worms, Leaf Mould, Hot Piles, Bokashi, Mulch, Living Soil
        Outdoors | Hiking | Hiker | trekking pole, daypack, trail gaiter, map case, water filter | Day Walks, Ridges, Navigation, Weather, Long Trails, Winter Paths
        Outdoors | Camping | Camper | dome tent, sleeping mat, camp stove, lantern, dry bag | First Nights, Camp Kitchen, Knots, Rain, Wild Sites, Families
        Outdoors | Climbing | Climber | climbing harness, chalk bag, belay device, finger board, crash pad | Footwork, Lead, Bouldering, Training, Big Walls, Rescue
        Outdoors | Fishing | Angler | fly rod, landing net, tackle box, wading staff, casting reel | Trout, Fly Tying, Rivers, Lakes, Sea Bass, Casting
        Outdoors | Birdwatching | Birder | field glass, nest box, spotting scope, bird feeder, rain cover | Songbirds, Raptors, Waders, Migration, Calls, Sketching Birds
        Outdoors | Kayaking | Paddler | touring paddle, spray deck, buoyancy vest, deck bag, bilge pump | First Strokes, Rolling, Sea Tours, White Water, Tides, Rescues
        Music | Guitar | Guitarist | capo, guitar stand, string set, tuner pedal, slide bar | Open Chords, Fingerstyle, Blues, Solos, Jazz Harmony, Songwriting
        Music | Piano | Pianist | metronome, piano bench, sheet stand, key cover, practice mute | First Pieces, Scales, Preludes, Ragtime, Improvising, Duets
        Music | Drums | Drummer | practice pad, drumstick pair, hi-hat clutch, cymbal bag, snare stand | Rudiments, Grooves, Fills, Brushes, Polyrhythm, Ghost Notes
        Music | Recording | Sound Engineer | condenser microphone, pop shield, audio interface, reflection screen, monitor stand | First Takes, Vocals, Mixing, Drum Sound, Mastering, Field Sound
        Music | Singing | Singer | voice steamer, lyric folder, pitch pipe, breathing trainer, stage monitor | Breath, Range, Harmony, Folk Songs, Choir, Stage Nerves
        Music | Violin | Violinist | shoulder rest, rosin cake, bow case, chin rest, string mute | Bowing, Positions, Fiddle Tunes, Vibrato, Etudes, Quartets
        Crafts | Knitting | Knitter | needle set, yarn bowl, stitch marker, blocking mat, yarn winder | Scarves, Cables, Socks, Colourwork, Lace, Sweaters
        Crafts | Pottery | Potter | trimming tool, throwing wheel, glaze brush, clay cutter, drying shelf | Pinch Pots, Throwing, Glazes, Teapots, Slab Work, Raku
        Crafts | Woodworking | Woodworker | block plane, marking gauge, dovetail saw, bench vice, chisel roll | Joints, Sharpening, Boxes, Chairs, Carving, Finishes
        Crafts | Calligraphy | Calligrapher | dip pen, ink well, paper pad, light box, nib case | Italic, Copperplate, Gothic, Flourishes, Brush Script, Gilding
        Crafts | Sewing | Tailor | rotary cutter, pattern weight, pin cushion, seam ripper, dress form | Hems, Skirts, Shirts, Linings, Zips, Coats
        Crafts | Leatherwork | Leatherworker | stitching awl, edge beveller, thread spool, strap cutter, punch set | Wallets, Saddle Stitch, Belts, Bags, Tooling, Dyeing
        Science | Astronomy | Stargazer | reflector telescope, star chart, red torch, eyepiece set, equatorial mount | The Moon, Planets, Nebulae, Star Hopping, Galaxies, Night Photography
        Science | Electronics | Tinkerer | soldering iron, multimeter, breadboard, component drawer, bench supply | Circuits, Sensors, Radios, Motors, Microcontrollers, Amplifiers
        Science | Chemistry | Chemist | beaker set, safety screen, gas burner, pipette rack, digital scale | Acids, Crystals, Colours, Gases, Metals, Kitchen Chemistry
        Science | Microscopy | Microscopist | field microscope, slide set, staining kit, specimen lens, stage lamp | Pond Life, Pollen, Cells, Fabrics, Minerals, Fungi
        Science | Geology | Rock Hound | rock hammer, hand lens, specimen box, streak plate, field satchel | Quartz, Fossils, Volcanoes, Gemstones, River Stones, Maps
        Science | Robotics | Robot Builder | servo pack, wheel chassis, gripper arm, distance sensor, battery cradle | First Robot, Line Followers, Arms, Vision, Walking, Swarms
        Sport | Running | Runner | running vest, foam roller, pace watch, trail cap, reflective band | First Miles, Ten Kilometres, Hills, Marathon, Recovery, Ultra
        Sport | Cycling | Cyclist | bike helmet, floor pump, pannier, multi-tool, trainer stand | Repairs, Long Rides, Climbs, Commuting, Gravel, Touring
        Sport | Yoga | Yogi | yoga mat, cork block, stretch strap, bolster, meditation cushion | Morning Flow, Balance, Breathing, Backbends, Restorative, Inversions
        Sport | Swimming | Swimmer | swim cap, pull buoy, kick board, swim snorkel, tempo trainer | Freestyle, Breathing, Turns, Butterfly, Open Water, Drills
        Sport | Tennis | Tennis Player | tennis racket, grip tape, ball hopper, court bag, rebound net | Serve, Footwork, Volleys, Spin, Doubles, Match Play
        Sport | Strength | Lifter | kettlebell, lifting belt, pull-up bar, resistance band, chalk block | Squats, Pressing, Pulling, Mobility, Programming, Kettlebells
        Games | Chess | Chess Player | chess board, chess clock, piece set, score book, travel chess set | Openings, Tactics, Endgames, Strategy, Attack, Defence
        Games | Role-Playing | Game Master | dice set, initiative tracker, dungeon tile set, miniature case, story deck | First Quest, Dungeons, Sea Voyage, Dragons, Intrigue, The Long War
        Games | Board Games | Board Gamer | sleeve pack, game organiser, dice tower, play mat, score dial | Trading, Railways, Co-operation, Islands, Empires, Party Nights
        Games | Jigsaws | Puzzler | puzzle board, sorting tray, puzzle glue bottle, roll-up mat, easel | Harbours, Castles, Old Maps, Alpine Views, Paintings, Night Sky
        Games | Model Railways | Model Railroader | track set, signal post, station kit, scenery grass roll, control panel | First Loop, Landscapes, Stations, Signals, Steam Years, Mountains
        Games | Magic | Magician | card deck, coin shell, silk set, close-up pad, wand | Cards, Coins, Mind Reading, Ropes, Stage Acts, Street Magic
        """;
}
