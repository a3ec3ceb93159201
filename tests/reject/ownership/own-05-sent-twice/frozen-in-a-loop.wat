;; One frozen text is sent to every reader without a share for each
;; expect: OWN_SPLIT func=7 offset=0x123
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract News capacity 8 {
;; contract:     in message Issue(frozen Text text);
;; contract:     state Open: one { Issue? -> Open; end; }
;; contract: }
(module
  (import "singula/News" "channel" (func $News.channel (result externref)))
  (import "singula/News" "exp.peer" (func $News.exp.peer (param externref) (result externref)))
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/News" "imp.send.Issue" (func $News.imp.send.Issue (param externref externref)))
  (import "singula/News" "imp.abandon" (func $News.imp.abandon (param externref)))
  (import "singula/News" "exp.abandon" (func $News.exp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $f externref) (local $i i32)
    (local.set $x (call $News.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $News.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $f (call $Text.freeze (call $Text.new (i32.const 4))))
    (loop $readers
      (call $News.imp.send.Issue (local.get $e) (local.get $f))
      (br_if $readers (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3)))) ;; <- refused here
    (call $News.imp.abandon (local.get $e))
    (call $News.exp.abandon (local.get $x)))
)
