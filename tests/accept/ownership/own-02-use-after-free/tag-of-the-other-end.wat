;; As the refused case of this name, but the second test frees nothing
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
  (import "singula/Mail" "exp.poll" (func $Mail.exp.poll (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Mail" "imp.abandon" (func $Mail.imp.abandon (param externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $e externref) (local $x externref) (local $f externref) (local $y externref)
    (local $a externref) (local $s externref) (local $tag i32) (local $n i32)
    (local.set $x (call $Mail.channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $Mail.exp.peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.set $y (call $Mail.channel))
    (if (ref.is_null (local.get $y)) (then (unreachable)))
    (local.set $f (call $Mail.exp.peer (local.get $y)))
    (if (ref.is_null (local.get $f)) (then (unreachable)))
    (call $Mail.imp.send.Post (local.get $e) (call $Text.new (i32.const 1)))
    (local.set $a (call $Text.new (i32.const 1)))
    (loop $again
      (local.set $tag (call $Mail.exp.poll (local.get $x)))
      (drop (call $Mail.exp.poll (local.get $y)))
      (local.set $s (local.get $x))
      (local.set $x (local.get $y))
      (local.set $y (local.get $s))
      (br_if $again (i32.and (call $choose)
        (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2)))))
    (if (i32.eqz (local.get $tag))
      (then
        (call $Text.free (local.get $a))
        (if (i32.ne (call $Mail.exp.poll (local.get $x)) (i32.const 0))
          (then (i32.store (i32.const 0) (i32.const 1))))
        (unreachable)))
    (call $Text.free (local.get $a))
    (call $Mail.imp.abandon (local.get $e))
    (call $Mail.exp.abandon (local.get $x))
    (call $Mail.imp.abandon (local.get $f))
    (call $Mail.exp.abandon (local.get $y)))
)
