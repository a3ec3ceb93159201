-- What both builds of Lua run: everything whose result is fixed. No errors (this build ends at its first), no yields (they
-- are made of the same jumps), no addresses, no hash order.
local out = print

local function section(name)
  out("== " .. name)
end

-- ---------------------------------------------------------------- numbers
section("integers")
out(1, -1, 0, 7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3, -7 % -3)
out(math.maxinteger, math.mininteger, math.maxinteger + 1 == math.mininteger)
out(math.maxinteger * 2, math.mininteger // -1, math.mininteger % -1)
out(0x7fffffffffffffff, 0xffffffffffffffff, 0x10, 0xA.8p1)
out(1 << 62, 1 << 63, 1 << 64, 1 << -1, -1 >> 60, -1 >> 64, 5 & 3, 5 | 3, 5 ~ 3, ~0)
out("10" + 5, "0x10" * 2, 10 .. 20, "3" // 1)
out(math.type(1), math.type(1.0), math.type("1"), 1 == 1.0, math.tointeger(3.0), math.tointeger(3.5))
out(tonumber("  12  "), tonumber("1e2"), tonumber("0x"), tonumber("z", 36), tonumber("8", 8), tonumber("777", 8))
out(tostring(1e15), tostring(1e16), 2^53, 2^53 + 1, 1e100, -1e-100, 123456789012)
for i = 1, 3 do io.write(i, " ") end
for i = 3, 1, -1 do io.write(i, " ") end
for x = 0, 1, 0.25 do io.write(x, " ") end
for i = math.maxinteger - 1, math.maxinteger do io.write(i, " ") end
out()

section("floats")
out(1 / 3, -1 / 3, 100.0, 1e300 * 1e10, -1e300 * 1e10, 0.1 + 0.2, 1 / 0, -1 / 0)
out(3.0 == 3, 3 // 0.0, -3 // 0.0, 5.5 // 2, 5.5 % 2, -5.5 % 2, 5.5 % math.huge, -5.5 % math.huge)
out(2 ^ 0.5, 2 ^ 10, 10 // 3.0, 7 / 2, 1e15, 1e14 + 0.5)
out(math.floor(-3.5), math.ceil(-3.5), math.floor(3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(5.5, 2))
out(math.abs(-4), math.abs(-4.5), math.max(1, 5, 3), math.min(2.5, -1), math.ult(1, -1), math.sqrt(2))
out(string.format("%.10f %.10f %.10f", math.sin(1), math.cos(1), math.exp(1)))
out(string.format("%.10f %.10f %.10f", math.log(10), math.log(8, 2), math.atan(1, 2)))
out(0 / 0 ~= 0 / 0, -0.0 == 0.0, 1 / -0.0, 3 | 0, 2^31 | 0)
out(5 // 1, 5.0 // 1, -5 // 2.0, 1e308 + 1e308, 5e-324, 2.2250738585072014e-308)

section("formatting")
out(string.format("%d %5d %-5d| %05d %+d %x %X %#x %o", 42, 42, 42, 42, 42, 255, 255, 255, 8))
out(string.format("%s %10s %-10s| %.2s %q %q", "a", "b", "c", "long", 'quo"te\n', 1 / 3))
out(string.format("%f %.3f %e %.2e %g %g %g %a", 1.5, 2 / 3, 12345.678, 1e-5, 1e20, 1e-5, 100, 1.0))
out(string.format("%c%c%c %% %i %u", 76, 117, 97, -3, 3))
out(string.format("%q", math.mininteger), string.format("%q", 0.1), string.format("%-8.3s|", "abcdef"))
out(string.format("%s %s %s", nil, true, 12), string.format("%5.1f|%-8.2f|%08.3f", 3.14159, 2.5, -1.5))
out(#string.format("%99d", 1), tostring(-0.0), 1e15, 123456.789e3, 2^63, -2^63)

-- ---------------------------------------------------------------- strings
section("strings")
local s = "Hello, Lua"
out(#s, s:upper(), s:lower(), s:reverse(), s:rep(2, "-"), s:sub(1, 5), s:sub(-3), s:sub(3, -3), s:sub(10, 5) == "")
out(s:byte(1), s:byte(1, 3), s:byte(-1), string.char(72, 105), ("x"):rep(0) == "", ("ab"):rep(3))
out(s:find("Lua"), s:find("l+"), s:find(".", 1, true), s:find("", 20), s:find("", 10), s:find("(L)(u)"))
out(s:match("(%a+), (%a+)"), s:match("%d"), ("key = value"):match("^(%w+)%s*=%s*(%w+)$"))
out(("  trim  "):match("^%s*(.-)%s*$") .. "|", ("2024-05-06"):match("(%d+)-(%d+)-(%d+)"))
out(("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):find("%((%a+)%)"), ("hello"):match("()ll()"))
out(("hello world"):gsub("o", "0"), ("hello"):gsub("", "-"), ("abc"):gsub("%w", "%0%0"), ("abc"):gsub("b", "%%"))
out(("hello world"):gsub("%w+", string.upper), ("$x $y"):gsub("%$(%w+)", { x = "1" }), ("abc"):gsub(".", { a = false }))
out(("one two three"):gsub("%w+", function(w) return #w end, 2), ("a,b,,c"):gsub(",", ";", 1))
out(("THE (quick) fox"):gsub("%f[%a]%a+", "<%0>"), ("x^2"):gsub("%^", "**"))
for w in ("one two  three"):gmatch("%a+") do io.write("[", w, "]") end
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do io.write(k, ":", v, ";") end
for a, b in ("abcd"):gmatch("()(.)") do io.write(a, b, " ") end
out()
out("a" < "b", "a" < "B", "" < "a", "a\0b" < "a\0c", "Z" < "a", "10" < "9", #"a\0b")
out("\65\066\x43\u{48}\z
     joined", 'single "double"', [[long
string]], [==[with ]] inside]==], "tab\tend", "\u{20AC}" == "€")
out(("%5s|%-5s|"):format("é", "é"), ("x"):rep(3, ", "), table.concat({ 1, 2.5, "c" }, "-"))
out(string.pack("<i4", 100):byte(1, -1))
out(string.unpack("<i4", string.pack("<i4", -2)), string.packsize("<i4i8"), string.unpack("z", "zero\0rest"))
out(string.pack(">I2s1", 258, "abc"):byte(1, -1))
out(string.unpack("<d", string.pack("<d", 1.5)), string.unpack("<f", string.pack("<f", 0.25)))
out(tostring(12):len(), ("abc"):len(), #"日本語", ("a"):byte() + 1)

section("utf8")
out(utf8.char(72, 228, 8364, 128512), utf8.len("häß€😀"), utf8.len("\xff"), utf8.codepoint("€uro", 1, -1))
for p, c in utf8.codes("aé€") do io.write(p, "=", c, " ") end
out(utf8.offset("aé€x", 3), utf8.offset("aé€x", -1), #utf8.charpattern)
for c in ("aé€"):gmatch(utf8.charpattern) do io.write("<", c, ">") end
out()

-- ---------------------------------------------------------------- tables
section("tables")
local t = { 10, 20, 30, nil, 50, x = 1, ["y z"] = 2, [3.0] = 33, [-1] = "neg" }
out(t[1], t[3], t.x, t["y z"], t[-1], t[4], #{ 1, 2, 3 }, #{})
table.insert(t, 1, "first")
out(t[1], t[2], table.remove(t, 1), t[1], table.remove({}), select("#", table.unpack({ 1, nil, 3 }, 1, 3)))
out(table.concat({ "a", "b", "c" }, ", ", 2, 3), table.concat({}), table.unpack({ 1, 2, 3 }, 2))
out(table.concat(table.move({ 1, 2, 3, 4, 5 }, 2, 4, 1), ","), table.concat(table.move({ 1, 2, 3 }, 1, 3, 3, {}), ",", 3, 5))
local packed = table.pack(1, nil, 3)
out(packed.n, packed[1], packed[2], packed[3], next({}), rawlen({ 1, 2 }), rawequal(t, t), rawget(t, "x"))
local n, sum = 0, 0
local big = {}
for i = 1, 20000 do big[i] = (i * 7919) % 20011 end
for i, v in ipairs(big) do n = n + 1; sum = (sum + v * i) % 1000003 end
out(n, sum, #big)
for i = 1, 20000, 2 do big[i] = nil end
n = 0
for _ in pairs(big) do n = n + 1 end
out(n)
local keys = {}
for k in pairs({ a = 1, b = 2, c = 3, d = 4 }) do keys[#keys + 1] = k end
table.sort(keys)
out(table.concat(keys, " "))

section("sorting")
local seed = 42
local function random(m)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed % m
end
local list = {}
for i = 1, 3000 do list[i] = random(100000) end
table.sort(list)
local ordered = true
for i = 2, #list do ordered = ordered and list[i - 1] <= list[i] end
out(ordered, list[1], list[1500], list[3000])
table.sort(list, function(a, b) return a > b end)
out(list[1], list[1500], list[3000])
local words = { "pear", "Apple", "fig", "banana", "cherry", "apple", "Fig" }
table.sort(words)
out(table.concat(words, " "))
table.sort(words, function(a, b)
  local la, lb = a:lower(), b:lower()
  if la ~= lb then return la < lb end
  return a < b
end)
out(table.concat(words, " "))

-- ---------------------------------------------------------------- functions
section("closures")
local function counter(step)
  local c = 0
  return function() c = c + step; return c end, function() return c end
end
local up, get = counter(3)
up(); up()
local down = counter(-1)
out(up(), get(), down(), down(), get())
local fs = {}
for i = 1, 3 do fs[i] = function() i = i + 10; return i end end
out(fs[1](), fs[1](), fs[2](), fs[3]())
local function compose(...)
  local f = { ... }
  return function(x)
    for i = #f, 1, -1 do x = f[i](x) end
    return x
  end
end
out(compose(function(x) return x + 1 end, function(x) return x * 2 end)(5))
local function fix(f)
  return (function(x) return x(x) end)(function(x) return f(function(...) return x(x)(...) end) end)
end
out(fix(function(self) return function(k) return k < 2 and 1 or k * self(k - 1) end end)(10))

section("varargs")
local function va(...)
  local a, b = ...
  return select("#", ...), a, b, (select(-1, ...))
end
out(va(1, nil, 3))
out(va("only"))
out((va(1, 2, 3)))
out(select(2, "a", "b", "c"), select("#"), select("#", nil, nil))
local function tail(k, acc)
  if k == 0 then return acc end
  return tail(k - 1, acc + k)
end
out(tail(100000, 0))
local function deep(k) if k == 0 then return 0 end return 1 + deep(k - 1) end
out(deep(150))
local function multi() return 1, 2, 3 end
local list3 = { multi(), multi() }
out(#list3, (multi()), ({ multi(), 7 })[2], ({ (multi()) })[2])

section("control")
do
  local i = 1
  ::top::
  io.write(i, " ")
  i = i + 1
  if i <= 5 then goto top end
  for x = 1, 3 do
    for y = 1, 3 do
      if y == 2 then goto continue end
      if x == 3 then goto done end
      io.write(x, ":", y, " ")
      ::continue::
    end
  end
  ::done::
  out()
end
local i = 10
repeat local j = i; i = i - 3 until j < 5
while true do i = i + 1; if i > 4 then break end end
out(i, nil and 1, false or nil, 1 and 2, nil == false, not nil, not 0)
local const <const> = 5
do
  local log = {}
  do
    local a <close> = setmetatable({}, { __close = function() log[#log + 1] = "a" end })
    local b <close> = setmetatable({}, { __close = function() log[#log + 1] = "b" end })
    log[#log + 1] = "body"
  end
  out(const, table.concat(log, " "))
end

-- ---------------------------------------------------------------- metatables
section("metatables")
local V = {}
V.__index = V
V.__name = "Vector"
local function vec(x, y) return setmetatable({ x = x, y = y }, V) end
V.__add = function(a, b) return vec(a.x + b.x, a.y + b.y) end
V.__sub = function(a, b) return vec(a.x - b.x, a.y - b.y) end
V.__mul = function(a, b)
  if type(a) == "number" then return vec(a * b.x, a * b.y) end
  if type(b) == "number" then return vec(a.x * b, a.y * b) end
  return a.x * b.x + a.y * b.y
end
V.__unm = function(a) return vec(-a.x, -a.y) end
V.__eq = function(a, b) return a.x == b.x and a.y == b.y end
V.__lt = function(a, b) return a:norm() < b:norm() end
V.__le = function(a, b) return a:norm() <= b:norm() end
V.__len = function() return 2 end
V.__call = function(self, k) return self[k] end
V.__tostring = function(a) return "(" .. a.x .. ", " .. a.y .. ")" end
V.__concat = function(a, b) return tostring(a) .. tostring(b) end
V.__idiv = function(a, k) return vec(a.x // k, a.y // k) end
V.__band = function(a, k) return vec(a.x & k, a.y & k) end
function V:norm() return math.sqrt(self.x ^ 2 + self.y ^ 2) end
local a, b = vec(3, 4), vec(1, 2)
out(tostring(a + b), tostring(a - b), a * b, tostring(2 * a), tostring(a * 2), tostring(-a))
out(a == vec(3, 4), a ~= b, a < b, b <= a, #a, a("x"), a .. b, a .. "!", tostring(a // 2), tostring(a & 2), a:norm())
local log = {}
local proxy = setmetatable({}, {
  __index = function(_, k) log[#log + 1] = "get " .. k; return k .. "!" end,
  __newindex = function(tt, k, v) log[#log + 1] = "set " .. k; rawset(tt, k, v) end,
  __pairs = function() return function(_, k) if not k then return 1, "one" end end, nil, nil end,
})
out(proxy.foo, rawget(proxy, "foo"))
proxy.bar = 1
proxy.bar = 2
for k, v in pairs(proxy) do out(k, v) end
out(table.concat(log, ", "))
local Animal = {}
Animal.__index = Animal
function Animal.new(name, sound) return setmetatable({ name = name, sound = sound }, Animal) end
function Animal:speak() return self.name .. " says " .. self.sound end
local Dog = setmetatable({}, { __index = Animal })
Dog.__index = Dog
function Dog.new(name) local d = Animal.new(name, "woof"); return setmetatable(d, Dog) end
function Dog:fetch() return self.name .. " fetches" end
local d = Dog.new("Rex")
out(d:speak(), d:fetch(), getmetatable(d) == Dog, getmetatable("").__index == string)
local defaults = setmetatable({}, { __index = function(tt, k) local v = k * k; rawset(tt, k, v); return v end })
out(defaults[5], rawget(defaults, 5), rawget(defaults, 6), setmetatable({}, { __metatable = "locked" }) and "ok")

-- ---------------------------------------------------------------- programs
section("programs")
local function queens(size)
  local cols, diag1, diag2, count = {}, {}, {}, 0
  local function place(row)
    if row > size then count = count + 1; return end
    for c = 1, size do
      if not (cols[c] or diag1[row + c] or diag2[row - c + size]) then
        cols[c], diag1[row + c], diag2[row - c + size] = true, true, true
        place(row + 1)
        cols[c], diag1[row + c], diag2[row - c + size] = nil, nil, nil
      end
    end
  end
  place(1)
  return count
end
out("queens", queens(6), queens(7))
local sieve, primes = {}, 0
for k = 2, 20000 do
  if not sieve[k] then
    primes = primes + 1
    for m = k * k, 20000, k do sieve[m] = true end
  end
end
out("primes", primes)
local function fib(k) if k < 2 then return k end return fib(k - 1) + fib(k - 2) end
out("fib", fib(20))
local text = ("the quick brown fox jumps over the lazy dog and the end "):rep(20)
local freq, names = {}, {}
for w in text:gmatch("%a+") do freq[w] = (freq[w] or 0) + 1 end
for w in pairs(freq) do names[#names + 1] = w end
table.sort(names, function(x, y) if freq[x] ~= freq[y] then return freq[x] > freq[y] end return x < y end)
for k = 1, 4 do io.write(names[k], "=", freq[names[k]], " ") end
out()
local function serialize(v, indent)
  if type(v) ~= "table" then return string.format("%q", v) end
  local ks, parts = {}, {}
  for k in pairs(v) do ks[#ks + 1] = k end
  table.sort(ks, function(x, y) return tostring(x) < tostring(y) end)
  for _, k in ipairs(ks) do parts[#parts + 1] = indent .. "  " .. tostring(k) .. " = " .. serialize(v[k], indent .. "  ") end
  return "{\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. "}"
end
out(serialize({ 1, "two", { x = 1.5, y = { true, false } }, z = "a\nb" }, ""))
local function lcs(x, y)
  local m = {}
  for p = 0, #x do m[p] = {}; for q = 0, #y do m[p][q] = 0 end end
  for p = 1, #x do
    for q = 1, #y do
      m[p][q] = x:byte(p) == y:byte(q) and m[p - 1][q - 1] + 1 or math.max(m[p - 1][q], m[p][q - 1])
    end
  end
  return m[#x][#y]
end
out("lcs", lcs("AGGTABQWERTYUIOP", "GXTXAYBQWXRTYZIOP"))
local digits = {}
do -- digits of pi by the spigot
  local len, arr, nines, pre = 10 * 30 // 3 + 1, {}, 0, 0
  for k = 1, len do arr[k] = 2 end
  for _ = 1, 30 do
    local q = 0
    for k = len, 1, -1 do
      local x = 10 * arr[k] + q * k
      arr[k] = x % (2 * k - 1)
      q = x // (2 * k - 1)
    end
    arr[1] = q % 10
    q = q // 10
    if q == 9 then
      nines = nines + 1
    elseif q == 10 then
      digits[#digits + 1] = pre + 1
      for _ = 1, nines do digits[#digits + 1] = 0 end
      pre, nines = 0, 0
    else
      digits[#digits + 1] = pre
      pre = q
      for _ = 1, nines do digits[#digits + 1] = 9 end
      nines = 0
    end
  end
end
out("pi", table.concat(digits))

section("code from text")
local f = load("local a, b = ... return a * b + (c or 0)", "chunk", "t", { c = 100 })
out(f(6, 7), load(function() return nil end)(), select("#", load("return")()))
local dumped = load(string.dump(function(x) return x * 2 end))
out(dumped(21), pcall(function(x) return x + 1 end, 41))
local env = { print = out }
load("y = 5; function g() return y * 2 end", "e", "t", env)()
out(env.y, env.g(), y == nil)
out(select("#", pcall(out, "in pcall")), type(out), type(nil), type({}), type(f), type(1))
local co = coroutine.wrap(function(x, y) return x + y, x * y end)
out(co(3, 4), coroutine.status(coroutine.create(out)), coroutine.isyieldable())

section("garbage")
local weak = setmetatable({}, { __mode = "k" })
for k = 1, 100 do weak[{}] = k end
local strong = {}
weak[strong] = "kept"
collectgarbage()
n = 0
for _ in pairs(weak) do n = n + 1 end
out(n, weak[strong], collectgarbage("count") > 0, collectgarbage("isrunning"))
local finalized = 0
for _ = 1, 10 do setmetatable({}, { __gc = function() finalized = finalized + 1 end }) end
collectgarbage()
out(finalized)
local junk
for k = 1, 20000 do junk = { k, tostring(k), { k } } end
out(junk[1], junk[2], junk[3][1], collectgarbage("step") ~= nil)

-- ---------------------------------------------------------------- input and output
section("files")
local name = "script-out.txt"
local fh <const> = io.open(name, "w")
out(io.type(fh), fh:write("line 1\n", 2, " ", 3.5, "\nline 3\n", "4 5.5 0x10 nope\nlast") == fh, fh:seek("cur"), fh:close(), io.type(fh))
for l in io.lines(name) do io.write("<", l, ">") end
out()
local r = io.open(name)
out(r:read("l"), r:read("n"), r:read("n"), r:read("L"), r:read(4), r:read(0), r:seek("set", 22), r:read("n", "n", "n"))
out(r:read("l"), r:read("a"), r:read("a"), r:read("l"), r:read(0))
r:close()
local ap = io.open(name, "a+")
ap:write("!")
ap:seek("set")
out(#ap:read("a"), ap:seek("end"))
ap:close()
out(io.open("absent-file") == nil, select("#", io.open("absent-file")))
out(os.rename(name, name .. ".2"), io.open(name) == nil, os.remove(name .. ".2"), (os.remove(name .. ".2")))
out(os.time({ year = 2024, month = 2, day = 30, hour = 12 }) - os.time({ year = 2024, month = 3, day = 1, hour = 12 }))
out(os.date("!%Y-%m-%d %H:%M:%S", 86400 * 366), os.getenv("NO_SUCH_VARIABLE"), type(os.clock()), os.time() > 1600000000)
out(#arg, arg[1], arg[2])
io.stdout:write("the end\n")
os.exit(3, true)
