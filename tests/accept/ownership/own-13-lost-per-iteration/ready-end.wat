;; As the refused case of this name, but it puts it back
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: contract Mail {
;; contract:     in message Post(Text text);
;; contract:     out message Receipt(i32 number);
;; contract:     out message Return(Text text);
;; contract:     state Ready: one { Post? -> Posted; end; }
;; contract:     state Posted: one { Receipt! -> Ready; Return! -> Ready; }
;; contract: }
(module
  (import "singula/Mail" "channel" (func $Mail.channel (result externref)))
  (import "singula/Mail" "exp.peer" (func $Mail.exp.peer (param externref) (result externref)))
  (import "singula/Mail" "imp.send.Post" (func $Mail.imp.send.Post (param externref externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Mail" "set.exp.Ready.new" (func $Mail.set.exp.Ready.new (result externref)))
  (import "singula/Mail" "set.exp.Ready.add" (func $Mail.set.exp.Ready.add (param externref externref i64)))
  (import "singula/Mail" "set.exp.Ready.wait" (func $Mail.set.exp.Ready.wait (param externref i64 i32) (result externref)))
  (import "singula/Mail" "exp.next" (func $Mail.exp.next (param externref) (result i32)))
  (import "singula/Mail" "exp.send.Return" (func $Mail.exp.send.Return (param externref externref)))
  (import "singula/Mail" "exp.recv.Post" (func $Mail.exp.recv.Post (param externref) (result externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (import "singula/Mail" "set.exp.Ready.free" (func $Mail.set.exp.Ready.free (param externref)))
  (import "singula/Mail" "imp.abandon" (func $Mail.imp.abandon (param externref)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $s externref) (local $n i32)
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (call $Mail.imp.send.Post (local.get $e) (call $Text.new (i32.const 4)))
    (local.set $s (call $Mail.set.exp.Ready.new))
    (if (ref.is_null (local.get $s)) (then (unreachable)))
    (call $Mail.set.exp.Ready.add (local.get $s) (local.get $x) (i64.const 1))
    (loop $serve
      (local.set $x (call $Mail.set.exp.Ready.wait (local.get $s) (i64.const 0) (i32.const 64)))
      (if (i32.eqz (ref.is_null (local.get $x)))
        (then
          (if (i32.eqz (call $Mail.exp.next (local.get $x)))
            (then
              (call $Mail.exp.send.Return (local.get $x) (call $Mail.exp.recv.Post (local.get $x)))
              (call $Mail.set.exp.Ready.add (local.get $s) (local.get $x) (i64.const 1))
            )
            (else (call $Mail.exp.abandon (local.get $x))))))
      (br_if $serve (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2))))
    (call $Mail.set.exp.Ready.free (local.get $s))
    (call $Mail.imp.abandon (local.get $e)))
)
