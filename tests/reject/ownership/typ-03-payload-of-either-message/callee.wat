;; A helper returns whatever came
;; expect: TYP_PATHS func=17 offset=0x24b
;; monitor: MON_TYPE
;; contract: block Note { text: u8[]; }
;; contract: block Item { id: u32; note: Note; }
;; contract: contract Post {
;; contract:   in message Ask(u32 box);
;; contract:   out message Letter(Note letter);
;; contract:   out message Parcel(Item parcel);
;; contract:   out message Nothing();
;; contract:   state Open: one { Ask? -> Busy; end; }
;; contract:   state Busy: one { Letter! -> Open; Parcel! -> Open; Nothing! -> Open; }
;; contract: }
(module
  (import "singula/Post" "channel" (func $Post.channel (result externref)))
  (import "singula/Post" "exp.peer" (func $Post.exp.peer (param externref) (result externref)))
  (import "singula/Post" "exp.abandon" (func $Post.exp.abandon (param externref)))
  (import "singula/Post" "imp.send.Ask" (func $Post.imp.send.Ask (param externref i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Post" "imp.abandon" (func $Post.imp.abandon (param externref)))
  (import "singula/Post" "imp.next" (func $Post.imp.next (param externref) (result i32)))
  (import "singula/Post" "imp.recv.Letter" (func $Post.imp.recv.Letter (param externref) (result externref)))
  (import "singula/Post" "imp.recv.Parcel" (func $Post.imp.recv.Parcel (param externref) (result externref)))
  (import "singula/Post" "exp.recv.Ask" (func $Post.exp.recv.Ask (param externref i32)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Post" "exp.send.Letter" (func $Post.exp.send.Letter (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Post" "exp.send.Parcel" (func $Post.exp.send.Parcel (param externref externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Post" "exp.send.Nothing" (func $Post.exp.send.Nothing (param externref)))
  (memory 1)
  (func $main (export "main") (local $s externref) (local $c externref) (local $got externref)
    (local.set $s (call $Post.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Post.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Post.exp.abandon (local.get $s)) (return)))
    (call $Post.imp.send.Ask (local.get $c) (i32.const 1))
    (call $serve (local.get $s))
    (local.set $got (call $fetch (local.get $c)))
    (if (i32.eqz (ref.is_null (local.get $got))) (then (call $Item.free (local.get $got))))
    (call $Post.imp.abandon (local.get $c))
    (call $Post.exp.abandon (local.get $s)))
  (func $fetch (param $c externref) (result externref)
    (block $nothing
      (block $parcel
        (block $letter
          (br_table $letter $parcel $nothing (i32.sub (call $Post.imp.next (local.get $c)) (i32.const 1))))
        (return (call $Post.imp.recv.Letter (local.get $c))))
      (return (call $Post.imp.recv.Parcel (local.get $c))))
    (ref.null extern))

  ;; the post office: takes a question, answers in one of three ways
  (func $serve (param $s externref)
    (call $Post.exp.recv.Ask (local.get $s) (i32.const 64))
    (if (call $choose)
      (then (call $Post.exp.send.Letter (local.get $s) (call $Note.new (i32.const 8))))
      (else (if (call $choose)
        (then (call $Post.exp.send.Parcel (local.get $s) (call $Item.new)))
        (else (call $Post.exp.send.Nothing (local.get $s))))))))
