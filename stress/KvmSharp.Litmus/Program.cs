using System;
using System.Globalization;
using System.Linq;
using KvmSharp.Litmus;

const double DefaultSeconds = 3;

double seconds = DefaultSeconds;
string? only = null;
for (int index = 0; index < args.Length; index++)
{
    switch (args[index])
    {
        case "--list":
            foreach (Experiment experiment in Catalogue.All)
                Console.WriteLine($"{experiment.Name,-26} {experiment.Promise}");
            return (int)Outcome.Pass;
        case "--seconds" when index + 1 < args.Length
            && double.TryParse(args[index + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out seconds)
            && seconds > 0:
            index++;
            break;
        case "--experiment" when index + 1 < args.Length:
            only = args[++index];
            break;
        default:
            return Refuse($"usage: [--seconds S] [--experiment NAME] [--list]; not understood: {args[index]}");
    }
}
if (only is not null && Catalogue.All.All(experiment => experiment.Name != only))
    return Refuse($"no experiment is called {only}; --list names them");
if (Host.WhyInconclusive() is { } why)
    return Refuse(why);

Outcome outcome = Outcome.Pass;
Runner.PrintHead();
foreach (Experiment experiment in Catalogue.All)
{
    if (only is not null && experiment.Name != only)
        continue;
    // The time is an experiment's: its variants share it.
    var runner = new Runner(TimeSpan.FromSeconds(seconds / experiment.Variants().Count()));
    outcome = Runner.Worse(outcome, runner.Run(experiment));
}
Console.WriteLine();
Console.WriteLine(outcome switch
{
    Outcome.Pass => "pass: every broken variant was caught, no sound one was",
    Outcome.Violation => "VIOLATION: a protocol does not keep its promise",
    _ => "inconclusive: a broken variant was not caught, or a window was not sampled",
});
return (int)outcome;

static int Refuse(string why)
{
    Console.Error.WriteLine(why);
    return (int)Outcome.Inconclusive;
}
