using GenRec.Cli;

using var signals = new StopSignals();
return await CommandLine.RunAsync(args, new Terminal(Console.Out, Console.Error), signals: signals);
