#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
#:property RestoreLockedMode=false
#:property GenerateDocumentationFile=false
#:property EnforceCodeStyleInBuild=false
using System;
using System.IO;
using System.Text.Json;

// Fails unless the file is one JSON value: the SDK brings no other program that could tell.
using JsonDocument document = JsonDocument.Parse(File.ReadAllText(args[0]));
Console.WriteLine($"{args[0]}: {document.RootElement.ValueKind}");
