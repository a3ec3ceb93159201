;; As the refused case of this name, but the caller writes before
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract News capacity 8 {
;; contract:     in message Issue(frozen Text text);
;; contract:     state Open: one { Issue? -> Open; end; }
;; contract: }
(module
  (import "singula/News" "imp.send.Issue" (func $News.imp.send.Issue (param externref externref)))
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/News" "channel" (func $News.channel (result externref)))
  (import "singula/News" "exp.peer" (func $News.exp.peer (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/News" "imp.abandon" (func $News.imp.abandon (param externref)))
  (import "singula/News" "exp.abandon" (func $News.exp.abandon (param externref)))
  (memory 1)
  (func $publish (param $e externref) (param $t externref)
    (call $News.imp.send.Issue (local.get $e) (call $Text.freeze (local.get $t))))
  (func (export "main") (local $e externref) (local $x externref) (local $t externref)
    (local.set $x (call $News.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $News.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Text.bytes.set (local.get $t) (i32.const 0) (i32.const 1))
    (call $publish (local.get $e) (local.get $t))
    (call $News.imp.abandon (local.get $e))
    (call $News.exp.abandon (local.get $x)))
)
