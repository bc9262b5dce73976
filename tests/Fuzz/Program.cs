using System.Diagnostics;
using OcdbtSharp.Fuzz;

// TARGET                     under libFuzzer or AFL, which give the bytes
// TARGET --seeds FOLDER      writes the files to begin with
// TARGET --seconds N [SEED]  without either: mutates at random
if (args.Length == 0 || FuzzTarget.All.FirstOrDefault(candidate => candidate.Name == args[0]) is not { } target)
{
    Console.Error.WriteLine($"usage: fuzz TARGET [--seeds FOLDER | --seconds N [SEED]]; targets are {string.Join(", ", FuzzTarget.All.Select(known => known.Name))}");
    return 2;
}

switch (args)
{
    case [_]:
        SharpFuzz.Fuzzer.LibFuzzer.Run(bytes => target.Try(bytes.ToArray()));
        return 0;
    case [_, "--seeds", string folder]:
        Directory.CreateDirectory(folder);
        for (int i = 0; i < target.Seeds.Count; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{target.Name}-{i}"), target.Seeds[i]);
        }

        return 0;
    case [_, "--seconds", string seconds, .. string[] seed] when int.TryParse(seconds, out int count):
        return Mutate(target, TimeSpan.FromSeconds(count), seed is [string text] && int.TryParse(text, out int number) ? number : Random.Shared.Next());
    default:
        Console.Error.WriteLine("these options are not known");
        return 2;
}

static int Mutate(FuzzTarget target, TimeSpan time, int seed)
{
    Random random = new(seed);
    Stopwatch watch = Stopwatch.StartNew();
    long rounds = 0;
    for (; watch.Elapsed < time; rounds++)
    {
        byte[] bytes = Mutator.Mutate(target.Seeds[random.Next(target.Seeds.Count)], random);
        try
        {
            target.Try(bytes);
        }
        catch (Exception error)
        {
            string file = $"{target.Name}-crash-{seed}-{rounds}";
            File.WriteAllBytes(file, bytes);
            Console.Error.WriteLine($"{file}: {error}");
            return 1;
        }
    }

    Console.WriteLine($"{target.Name}: {rounds} rounds from seed {seed}");
    return 0;
}
