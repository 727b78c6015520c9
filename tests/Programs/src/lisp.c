/* A reader and evaluator for a small Lisp, and programs for it: recursion, closures, sorting, primes. */
#include "program.h"

enum kind { NUMBER, SYMBOL, PAIR, BUILTIN, CLOSURE };

typedef struct value value;
struct value {
    enum kind kind;
    long number;                /* or the builtin */
    char name[12];
    value *first, *rest;        /* of a closure: its parameters with body, and its environment */
};

static value heap[400000];
static int used;
static value *globals, *truth;
static const char *input;

static value *make(enum kind kind)
{
    value *v = &heap[used++];
    v->kind = kind;
    return v;
}

static value *number(long n)
{
    value *v = make(NUMBER);
    v->number = n;
    return v;
}

static value *cons(value *first, value *rest)
{
    value *v = make(PAIR);
    v->first = first;
    v->rest = rest;
    return v;
}

static int same_name(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static value *symbol(const char *text, int length)
{
    value *v = make(SYMBOL);
    for (int i = 0; i < length && i < 11; i++)
        v->name[i] = text[i];
    return v;
}

static value *read_value(void);

static value *read_list(void)
{
    while (*input == ' ' || *input == '\n')
        input++;
    if (*input == ')') {
        input++;
        return 0;
    }
    value *first = read_value();
    return cons(first, read_list());
}

static value *read_value(void)
{
    while (*input == ' ' || *input == '\n')
        input++;
    if (*input == '(') {
        input++;
        return read_list();
    }
    const char *start = input;
    while (*input && *input != ' ' && *input != '\n' && *input != '(' && *input != ')')
        input++;
    int negative = *start == '-' && start[1] >= '0' && start[1] <= '9';
    if (negative || (*start >= '0' && *start <= '9')) {
        long n = 0;
        for (const char *digit = start + negative; digit < input; digit++)
            n = n * 10 + (*digit - '0');
        return number(negative ? -n : n);
    }
    return symbol(start, (int)(input - start));
}

static value *find(value *name, value *environment)
{
    for (; environment; environment = environment->rest)
        if (same_name(environment->first->first->name, name->name))
            return environment->first;
    for (environment = globals; environment; environment = environment->rest)
        if (same_name(environment->first->first->name, name->name))
            return environment->first;
    print("unknown: %s\n", name->name);
    return 0;
}

static value *evaluate(value *expression, value *environment);

static value *evaluate_list(value *list, value *environment)
{
    if (!list)
        return 0;
    value *first = evaluate(list->first, environment);
    return cons(first, evaluate_list(list->rest, environment));
}

static value *apply_builtin(long which, value *arguments)
{
    value *a = arguments->first, *b = arguments->rest ? arguments->rest->first : 0;
    switch (which) {
    case 0: return number(a->number + b->number);
    case 1: return number(a->number - b->number);
    case 2: return number(a->number * b->number);
    case 3: return number(a->number / b->number);
    case 4: return number(a->number % b->number);
    case 5: return a->number < b->number ? truth : 0;
    case 6: return a->number == b->number ? truth : 0;
    case 7: return cons(a, b);
    case 8: return a->first;
    case 9: return a->rest;
    default: return a ? 0 : truth;
    }
}

static value *apply(value *function, value *arguments)
{
    if (function->kind == BUILTIN)
        return apply_builtin(function->number, arguments);
    value *environment = function->rest;
    for (value *name = function->first->first; name; name = name->rest, arguments = arguments->rest)
        environment = cons(cons(name->first, arguments->first), environment);
    return evaluate(function->first->rest->first, environment);
}

static value *evaluate(value *expression, value *environment)
{
    if (!expression || expression->kind == NUMBER)
        return expression;
    if (expression->kind == SYMBOL)
        return find(expression, environment)->rest;
    value *head = expression->first;
    if (head->kind == SYMBOL && same_name(head->name, "if"))
        return evaluate(expression->rest->first, environment)
            ? evaluate(expression->rest->rest->first, environment)
            : evaluate(expression->rest->rest->rest->first, environment);
    if (head->kind == SYMBOL && same_name(head->name, "quote"))
        return expression->rest->first;
    if (head->kind == SYMBOL && same_name(head->name, "lambda")) {
        value *closure = make(CLOSURE);
        closure->first = expression->rest;
        closure->rest = environment;
        return closure;
    }
    if (head->kind == SYMBOL && same_name(head->name, "define")) {
        value *bound = cons(expression->rest->first, 0);
        globals = cons(bound, globals);
        bound->rest = evaluate(expression->rest->rest->first, environment);
        return bound->first;
    }
    value *function = evaluate(head, environment);
    return apply(function, evaluate_list(expression->rest, environment));
}

static void show(value *v)
{
    if (!v)
        print("()");
    else if (v->kind == NUMBER)
        print("%ld", v->number);
    else if (v->kind == SYMBOL)
        print("%s", v->name);
    else if (v->kind == PAIR) {
        print("(");
        for (; v; v = v->rest) {
            show(v->first);
            if (v->rest)
                print(" ");
        }
        print(")");
    } else {
        print("<function>");
    }
}

int program(void)
{
    static const char *const builtins[] = { "+", "-", "*", "/", "%", "<", "=", "cons", "first", "rest", "empty" };
    static const char *const lines[] = {
        "(define fib (lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))",
        "(fib 16)",
        "(define range (lambda (a b) (if (< a b) (cons a (range (+ a 1) b)) ())))",
        "(define map (lambda (f l) (if (empty l) () (cons (f (first l)) (map f (rest l))))))",
        "(map (lambda (x) (* x x)) (range -5 6))",
        "(define filter (lambda (f l) (if (empty l) () (if (f (first l)) (cons (first l) (filter f (rest l))) (filter f (rest l))))))",
        "(define append (lambda (a b) (if (empty a) b (cons (first a) (append (rest a) b)))))",
        "(define sort (lambda (l) (if (empty l) () (append (sort (filter (lambda (x) (< x (first l))) (rest l)))"
        " (cons (first l) (sort (filter (lambda (x) (if (< x (first l)) () 1)) (rest l))))))))",
        "(sort (map (lambda (x) (% (* x 37) 101)) (range 1 40)))",
        "(define sieve (lambda (l) (if (empty l) () (cons (first l) (sieve (filter (lambda (x) (if (= (% x (first l)) 0) () 1)) (rest l)))))))",
        "(sieve (range 2 120))",
        "(define adder (lambda (n) (lambda (x) (+ x n))))",
        "((adder 40) 2)",
        "(define ack (lambda (m n) (if (= m 0) (+ n 1) (if (= n 0) (ack (- m 1) 1) (ack (- m 1) (ack m (- n 1)))))))",
        "(ack 2 5)",
        "(quote (a (b c) -7))",
    };
    truth = number(1);
    for (int i = 0; i < 11; i++) {
        value *builtin = make(BUILTIN);
        builtin->number = i;
        globals = cons(cons(symbol(builtins[i], (int)strlen(builtins[i])), builtin), globals);
    }
    for (size_t line = 0; line < sizeof lines / sizeof *lines; line++) {
        input = lines[line];
        show(evaluate(read_value(), 0));
        print("\n");
    }
    print("%d cells\n", used);
    return 0;
}
